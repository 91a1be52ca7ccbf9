package caller

import "path/filepath"

// Profile returns which profile a browser was started with, as far as its command line
// says: the folder of Chromium's --user-data-dir or Firefox's --profile, or the name of
// Firefox's -P; "" where it says nothing, which is the user's usual one. dir is where
// relative paths begin at. Of several profiles below one folder (--profile-directory) the
// one is named that the browser was started with, which need not be the one that called.
func Profile(args []string, dir string) string {
	folder := valueOf(args, dir, "--user-data-dir", "--profile", "-profile")
	if name := valueOf(args, "", "--profile-directory"); name != "" {
		return filepath.Join(folder, name)
	}
	if folder == "" {
		return valueOf(args, "", "-P")
	}
	return folder
}

// valueOf returns what the last of some options says, and makes a relative path absolute.
func valueOf(args []string, dir string, options ...string) string {
	value := ""
	for i, arg := range args {
		for _, option := range options {
			switch {
			case arg == option && i+1 < len(args):
				value = args[i+1]
			case len(arg) > len(option) && arg[:len(option)+1] == option+"=":
				value = arg[len(option)+1:]
			}
		}
	}
	if value != "" && dir != "" && !filepath.IsAbs(value) {
		value = filepath.Join(dir, value)
	}
	return value
}
