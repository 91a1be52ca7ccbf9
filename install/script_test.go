//go:build unix

package install

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portside/portside/nativehost/trust"
)

// TestMain lets the scripts run this package as the program portside, in a world
// that the environment describes:
//
//	TESTROOT    stands before the machine's own paths, so that /etc is not touched
//	TESTGOOS    the operating system whose rows are used; default linux
//	TESTEUID    the user whom the program takes itself to run for
//	TESTPATIENCE how long --version may take
//	TESTTRUST   if nobody, the files of the tests are taken for a stranger's
//	TESTNOBODY  if set, and the tests run as root, the program gives root up first
//
// Whoever runs the tests owns the files, and so stands in for root.
func TestMain(m *testing.M) {
	// With a umask of 0 the hosts of the tests would rightly be refused.
	syscall.Umask(0o022)
	testscript.Main(m, map[string]func(){
		"portside": func() {
			c := newCommand(os.Stdout, os.Stderr)
			c.root, c.goos, c.trusted = os.Getenv("TESTROOT"), "linux", append(c.trusted, os.Geteuid())
			if os.Getenv("TESTTRUST") == "nobody" {
				c.trusted = slices.DeleteFunc(c.trusted, func(uid int) bool { return uid == os.Geteuid() })
			}
			if goos := os.Getenv("TESTGOOS"); goos != "" {
				c.goos = goos
			}
			if patience, err := time.ParseDuration(os.Getenv("TESTPATIENCE")); err == nil {
				c.patience = patience
			}
			const nobody = 65534
			if os.Getenv("TESTNOBODY") != "" && c.euid == 0 {
				if err := syscall.Setuid(nobody); err != nil {
					panic(err)
				}
				c.euid = nobody
			}
			if euid := os.Getenv("TESTEUID"); euid != "" {
				c.euid, _ = strconv.Atoi(euid)
			}
			os.Exit(c.run(os.Args[1:]))
		},
	})
}

func TestScripts(t *testing.T) {
	root := t.TempDir()
	// Nobody must be able to walk to the scripts' files.
	for _, dir := range []string{filepath.Dir(root), root} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		WorkdirRoot:         root,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mode":  mode,
			"chown": func(ts *testscript.TestScript, neg bool, args []string) { give(ts, neg, args, os.Lchown) },
			"chgrp": func(ts *testscript.TestScript, neg bool, args []string) {
				give(ts, neg, args, func(file string, id, _ int) error { return os.Lchown(file, -1, id) })
			},
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "owngroup":
				return trust.Alone(0, os.Geteuid())(os.Getegid()), nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Setup: func(e *testscript.Env) error {
			home, host := filepath.Join(e.WorkDir, "home"), filepath.Join(e.WorkDir, "opt", "portside")
			e.Setenv("HOME", home)
			// The race detector else keeps every program waiting a second at its end.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			e.Setenv("HOST", host)
			e.Setenv("TESTROOT", filepath.Join(e.WorkDir, "machine"))
			for _, dir := range []string{home, filepath.Dir(host), filepath.Join(e.WorkDir, "machine")} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return err
				}
			}
			if err := os.Chmod(e.WorkDir, 0o755); err != nil {
				return err
			}
			return os.WriteFile(host, []byte("#!/bin/sh\n[ \"$1\" = --version ] && echo portside 1.2.3\n"), 0o755)
		},
	})
}

// mode checks the permissions of files: mode 0644 FILE...
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode 0PERM FILE...")
	}
	for _, file := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(file))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", file, got, args[0])
		}
	}
}

// give gives a file to a user or a group: chown ID FILE, chgrp ID FILE.
func give(ts *testscript.TestScript, neg bool, args []string, to func(file string, id, none int) error) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: chown ID FILE, chgrp ID FILE")
	}
	id, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(to(ts.MkAbs(args[1]), id, -1))
}
