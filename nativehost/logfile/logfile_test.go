package logfile

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s: mode %v", path, info.Mode())
	}
	return info.Size()
}

func TestModeIsNarrowed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.log")
	if err := os.WriteFile(path, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := Own(func(string) string { return dir }, "x.log", Options{MaxBytes: 1000, Keep: 1})()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if n := size(t, path); n != 7 {
		t.Errorf("%d bytes of what was there are left", n)
	}
}

func TestFolderIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	out, err := Own(func(string) string { return dir }, "x.log", Options{MaxBytes: 1000, Keep: 1})()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := out.Write([]byte("x\n")); err != nil || size(t, filepath.Join(dir, "x.log")) != 2 {
		t.Error(err)
	}
}

func TestFallback(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(blocked, "below")} {
		var fallback bytes.Buffer
		out := &Keeper{LastResort: &fallback}
		err := out.Use(Own(func(name string) string {
			if name == "PORTSIDE_STATE_DIR" {
				return dir
			}
			return ""
		}, "x.log", Options{MaxBytes: 100}))
		if _, wrote := out.Write([]byte("x\n")); wrote != nil || err == nil || fallback.String() != "x\n" || out.Close() != nil {
			t.Errorf("%q: %v, %v, %q", dir, err, wrote, &fallback)
		}
	}
}
