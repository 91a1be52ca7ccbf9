package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	//rule:host-listens-nowhere.2
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/caller"
	"github.com/portside/portside/nativehost/corsprobe"
	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/limits"
	"github.com/portside/portside/nativehost/logfile"
	"github.com/portside/portside/nativehost/nearby"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/resolve"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/nativehost/sockets"
	"github.com/portside/portside/nativehost/version"
	"github.com/portside/portside/protocol"
)

const (
	// logBound limits the log file, in bytes. It may have one predecessor of the same
	// size.
	logBound = 1 << 20
	// lastMoment is when the process ends after it was told to, whatever still
	// waits: nobody kills a host that outlives its browser.
	lastMoment = 900 * time.Millisecond
)

// host is what a browser runs. It returns the exit code.
func host(from caller.Caller) int {
	// stdout belongs to the protocol; nothing else may write to it.
	id := audit.NewSession()
	out := &logfile.Keeper{LastResort: os.Stderr, Lost: lostLine(id)}
	logErr := out.Use(logfile.Own(os.Getenv, "portside.log", logfile.Options{MaxBytes: logBound, Keep: 1}))
	defer out.Close()
	log := zerolog.New(out).With().Timestamp().Str("session", id).Logger()
	if logErr != nil {
		log.Warn().Err(logErr).Msg("logging to stderr")
	}
	//rule:unknown-caller-is-refused
	if err := from.Admit(surroundings()); err != nil {
		log.Error().Err(err).Str("family", from.Family).Str("caller", from.ID).Msg("the caller may not use this program")
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitStranger
	}
	validator, err := protocol.NewValidator()
	if err != nil {
		log.Error().Err(err).Msg("the schemas cannot be used")
		return exitFault
	}
	log.Info().Str("version", version.Host).Str("family", from.Family).Int("pid", os.Getpid()).Msg("started")
	store := policy.Open(policy.Folder, policy.Options{Validator: validator, Log: log})
	now := facts(from, store.Current())
	auditLog := audit.Open(audit.Surroundings{
		Getenv: os.Getenv, LastResort: os.Stderr, Diagnostics: log, User: known(now), Host: now.Machine,
	}, id, store.Current().Settings.Audit.Value)
	auditLog.Identify(now)
	defer auditLog.Close()
	code := serve(from, log, validator, store, auditLog)
	log.Info().Int("code", code).Msg("ended")
	return code
}

// lostLine says in the log how many of its lines found no room.
func lostLine(id string) func(int64, time.Time) []byte {
	return func(lines int64, since time.Time) []byte {
		var line bytes.Buffer
		log := zerolog.New(&line).With().Timestamp().Str("session", id).Logger()
		log.Warn().Int64("lines", lines).Time("since", since).Msg("there was no room for lines of this log")
		return line.Bytes()
	}
}

// surroundings gathers what the machine says about who may call.
func surroundings() caller.Surroundings {
	// Without a path of our own no manifest can be found to name it.
	executable, _ := os.Executable()
	browser, dir := caller.Parent()
	return caller.Surroundings{
		Executable: executable, Getenv: os.Getenv, Browser: browser, BrowserDir: dir, UID: os.Geteuid(),
		//rule:host-reads-allowlist
		Folder: policy.Folder,
	}
}

// serve runs the session on stdin and stdout until it ends or a signal comes.
func serve(from caller.Caller, log zerolog.Logger, validator *protocol.Validator, store *policy.Store, auditLog *audit.Log) int {
	// Without this, writing to a stdout that nobody reads would kill the process
	// before the sockets are closed and written down.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer cancel()

	//rule:host-listens-nowhere
	in, out := pipes()
	reading := watch(in)
	near := nearby.New(log)
	result := make(chan error, 1)
	go func() {
		result <- session.New(session.Config{
			In: reading, Out: out,
			Validator: validator,
			Dialer: &dial.Dialer{
				Rules:    sockets.Rules(store, near),
				Probe:    sockets.Probe( /*rule:host-runs-cors-probe*/ &corsprobe.Prober{}, near),
				Resolver: &resolve.Resolver{Servers: func() []netip.AddrPort { return store.Current().Settings.DNSServers.Value }},
			},
			Policy: store,
			Near:   near,
			PolicyChanged: func(p *policy.Policy) {
				auditLog.Use(p.Settings.Audit.Value)
				auditLog.Governed(p.Hashes.Files, p.Hashes.Managed)
			},
			//rule:host-applies-standard-limits
			Caps:           limits.Standard(),
			Audit:          auditLog,
			Log:            log,
			LaneOrigin:     from.Origin(),
			LaneOriginTold: from.Origin() == "",
		}).Run(ctx)
	}()
	var err error
	select {
	case err = <-result:
	case <-reading.over:
		// Only a stdout that blocks and cannot be interrupted gets past this.
		select {
		case err = <-result:
		case <-time.After(lastMoment):
			log.Warn().Msg("ended without waiting for the browser")
			return exitOK
		}
	}
	return exitCode(log, err)
}

// exitCode writes down how the session ended.
func exitCode(log zerolog.Logger, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, session.ErrBrowserGone):
		log.Info().Err(err).Msg("the browser reads no more")
		return exitOK
	case errors.Is(err, protocol.ErrFraming):
		log.Error().Err(err).Msg("framing is lost")
		return exitFraming
	default:
		log.Error().Err(err).Msg("reading failed")
		return exitFault
	}
}
