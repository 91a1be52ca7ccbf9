package audit

// Reported writes that a socket would have been refused by a setting of a policy, whose
// file only reports. It comes beside the line that says what became of the socket.
func (l *Log) Reported(s Subject, setting string) {
	if l.skips(s) {
		return
	}
	line := l.line("report", s).Str("would", "refuse")
	// A rule that has one destination tells it.
	if /*rule:audit-hides-private-settings*/ !l.hides(s) && *l.detail.Load() == Full {
		add(line, "rule", ending(setting), longText)
	}
	line.Send()
}
