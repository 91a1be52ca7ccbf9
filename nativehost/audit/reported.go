package audit

// Reported writes that a socket would have been refused by a setting of a policy, whose
// file only reports. It comes beside the line that says what became of the socket.
func (l *Log) Reported(s Subject, setting string) {
	if l.skips(s) {
		return
	}
	line := l.line("report", s).Str("would", "refuse")
	l.rule(line, s, setting)
	line.Send()
}
