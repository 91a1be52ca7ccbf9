package manifest

type browser struct {
	id, name string
	family   Family
	places   []place
}

type place struct {
	os           string
	detect       []string
	user, system []string
	// own are further user directories, in the folder that the browser has for itself.
	own      []string
	policies string
}

// browsers is the table. Where sources disagree about a place, both are listed:
// a manifest that nobody reads does no harm, a missing one is the commonest
// reason for "native messaging host not found".
func browsers() []browser {
	const (
		chromiumPolicies = "/etc/chromium/policies/managed"
		chromePolicies   = "/etc/opt/chrome/policies/managed"

		// Every channel of Chrome reads the same system directory.
		chromeSystem    = "/etc/opt/chrome/native-messaging-hosts"
		macChromeSystem = "/Library/Google/Chrome/NativeMessagingHosts"
		macSupport      = "{home}/Library/Application Support/"

		// Firefox, and those made from it that did not change its directories.
		mozilla          = "{home}/.mozilla/native-messaging-hosts"
		mozillaSystem    = "/usr/lib/mozilla/native-messaging-hosts"
		macMozillaSystem = "/Library/Application Support/Mozilla/NativeMessagingHosts"
	)
	linux := func(name string) string { return "{config}/" + name + "/NativeMessagingHosts" }
	mac := func(name string) string { return macSupport + name + "/NativeMessagingHosts" }

	return []browser{
		{"chromium", "Chromium", Chromium, []place{
			{
				os: "linux",
				detect: []string{"{config}/chromium", "/usr/bin/chromium", "/usr/lib/chromium",
					"/usr/lib64/chromium", "/usr/lib64/chromium-browser", "/usr/lib/chromium-browser/chromium-browser"},
				user:     []string{linux("chromium")},
				system:   []string{"/etc/chromium/native-messaging-hosts"},
				policies: chromiumPolicies,
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Chromium", "/Applications/Chromium.app"},
				user:   []string{mac("Chromium")},
				system: []string{"/Library/Application Support/Chromium/NativeMessagingHosts"},
			},
			{
				os:     "windows",
				detect: []string{`{localappdata}\Chromium\User Data`},
				user:   []string{`HKCU\SOFTWARE\Chromium\NativeMessagingHosts`},
				system: []string{`HKLM\SOFTWARE\Chromium\NativeMessagingHosts`},
			},
		}},
		{"chrome", "Google Chrome", Chromium, []place{
			{
				os:       "linux",
				detect:   []string{"{config}/google-chrome", "/opt/google/chrome"},
				user:     []string{linux("google-chrome")},
				system:   []string{chromeSystem},
				policies: chromePolicies,
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Google/Chrome/Local State", "/Applications/Google Chrome.app"},
				user:   []string{mac("Google/Chrome")},
				system: []string{macChromeSystem},
			},
			{
				os:     "windows",
				detect: []string{`{localappdata}\Google\Chrome\User Data`},
				user:   []string{`HKCU\SOFTWARE\Google\Chrome\NativeMessagingHosts`},
				system: []string{`HKLM\SOFTWARE\Google\Chrome\NativeMessagingHosts`},
			},
		}},
		{"chrome-beta", "Google Chrome Beta", Chromium, []place{
			{
				os:       "linux",
				detect:   []string{"{config}/google-chrome-beta", "/opt/google/chrome-beta"},
				user:     []string{linux("google-chrome-beta")},
				system:   []string{chromeSystem},
				policies: chromePolicies,
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Google/Chrome Beta", "/Applications/Google Chrome Beta.app"},
				user:   []string{mac("Google/Chrome Beta")},
				system: []string{macChromeSystem},
			},
		}},
		// Linux says "unstable" where macOS says "Dev".
		{"chrome-dev", "Google Chrome Dev", Chromium, []place{
			{
				os:       "linux",
				detect:   []string{"{config}/google-chrome-unstable", "/opt/google/chrome-unstable"},
				user:     []string{linux("google-chrome-unstable")},
				system:   []string{chromeSystem},
				policies: chromePolicies,
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Google/Chrome Dev", "/Applications/Google Chrome Dev.app"},
				user:   []string{mac("Google/Chrome Dev")},
				system: []string{macChromeSystem},
			},
		}},
		{"chrome-canary", "Google Chrome Canary", Chromium, []place{
			{
				os:     "darwin",
				detect: []string{macSupport + "Google/Chrome Canary", "/Applications/Google Chrome Canary.app"},
				user:   []string{mac("Google/Chrome Canary")},
				system: []string{macChromeSystem},
			},
		}},
		{"chrome-for-testing", "Chrome for Testing", Chromium, []place{
			{
				os:     "linux",
				detect: []string{"{config}/google-chrome-for-testing"},
				user:   []string{linux("google-chrome-for-testing")},
			},
		}},
		{"edge", "Microsoft Edge", Chromium, []place{
			{
				os:       "linux",
				detect:   []string{"{config}/microsoft-edge", "/opt/microsoft/msedge"},
				user:     []string{linux("microsoft-edge")},
				system:   []string{"/etc/opt/edge/native-messaging-hosts"},
				policies: "/etc/opt/edge/policies/managed",
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Microsoft Edge", "/Applications/Microsoft Edge.app"},
				user:   []string{mac("Microsoft Edge")},
				system: []string{"/Library/Microsoft/Edge/NativeMessagingHosts"},
			},
			{
				os:     "windows",
				detect: []string{`{localappdata}\Microsoft\Edge\User Data`},
				user:   []string{`HKCU\SOFTWARE\Microsoft\Edge\NativeMessagingHosts`},
				system: []string{`HKLM\SOFTWARE\Microsoft\Edge\NativeMessagingHosts`},
			},
		}},
		{"edge-beta", "Microsoft Edge Beta", Chromium, []place{{
			os:     "darwin",
			detect: []string{macSupport + "Microsoft Edge Beta", "/Applications/Microsoft Edge Beta.app"},
			user:   []string{mac("Microsoft Edge Beta")},
		}}},
		{"edge-dev", "Microsoft Edge Dev", Chromium, []place{{
			os:     "darwin",
			detect: []string{macSupport + "Microsoft Edge Dev", "/Applications/Microsoft Edge Dev.app"},
			user:   []string{mac("Microsoft Edge Dev")},
		}}},
		{"edge-canary", "Microsoft Edge Canary", Chromium, []place{{
			os:     "darwin",
			detect: []string{macSupport + "Microsoft Edge Canary", "/Applications/Microsoft Edge Canary.app"},
			user:   []string{mac("Microsoft Edge Canary")},
		}}},
		// Installers disagree whether Brave reads Chrome's system directory on Linux;
		// on macOS and Windows it reads Chrome's places.
		{"brave", "Brave", Chromium, []place{
			{
				os:       "linux",
				detect:   []string{"{config}/BraveSoftware/Brave-Browser", "/opt/brave.com/brave"},
				user:     []string{linux("BraveSoftware/Brave-Browser")},
				system:   []string{"/etc/opt/brave/native-messaging-hosts", chromeSystem},
				policies: "/etc/brave/policies/managed",
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "BraveSoftware/Brave-Browser", "/Applications/Brave Browser.app"},
				user:   []string{mac("BraveSoftware/Brave-Browser"), mac("Google/Chrome")},
				system: []string{"/Library/Application Support/BraveSoftware/Brave-Browser/NativeMessagingHosts", macChromeSystem},
			},
			{
				os:     "windows",
				detect: []string{`{localappdata}\BraveSoftware\Brave-Browser\User Data`},
				user:   []string{`HKCU\SOFTWARE\Google\Chrome\NativeMessagingHosts`, `HKCU\SOFTWARE\BraveSoftware\Brave-Browser\NativeMessagingHosts`},
				system: []string{`HKLM\SOFTWARE\Google\Chrome\NativeMessagingHosts`, `HKLM\SOFTWARE\BraveSoftware\Brave-Browser\NativeMessagingHosts`},
			},
		}},
		{"vivaldi", "Vivaldi", Chromium, []place{
			{
				os:     "linux",
				detect: []string{"{config}/vivaldi", "/opt/vivaldi"},
				user:   []string{linux("vivaldi")},
				// Older releases read Chromium's directory.
				system: []string{"/etc/opt/vivaldi/native-messaging-hosts", "/etc/chromium/native-messaging-hosts"},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Vivaldi", "/Applications/Vivaldi.app"},
				user:   []string{mac("Vivaldi")},
			},
			{
				os:     "windows",
				detect: []string{`{localappdata}\Vivaldi\User Data`},
				user:   []string{`HKCU\SOFTWARE\Vivaldi\NativeMessagingHosts`},
				system: []string{`HKLM\SOFTWARE\Vivaldi\NativeMessagingHosts`},
			},
		}},
		{"arc", "Arc", Chromium, []place{{
			os:     "darwin",
			detect: []string{macSupport + "Arc", "/Applications/Arc.app"},
			user:   []string{mac("Arc/User Data")},
		}}},
		{"helium", "Helium", Chromium, []place{
			{
				os:     "linux",
				detect: []string{"{config}/net.imput.helium"},
				user:   []string{linux("net.imput.helium")},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "net.imput.helium", "/Applications/Helium.app"},
				user:   []string{mac("net.imput.helium")},
			},
		}},
		{"iridium", "Iridium", Chromium, []place{{
			os:     "linux",
			detect: []string{"{config}/iridium"},
			user:   []string{linux("iridium")},
		}}},
		{"slimjet", "Slimjet", Chromium, []place{{
			os:     "linux",
			detect: []string{"{config}/slimjet"},
			user:   []string{linux("slimjet")},
		}}},
		{"yandex", "Yandex Browser", Chromium, []place{{
			os:     "linux",
			detect: []string{"{config}/yandex-browser"},
			user:   []string{linux("yandex-browser")},
		}}},
		// Firefox 147 moved its profiles to ~/.config/mozilla and still reads
		// manifests from ~/.mozilla. Ubuntu's Snap of Firefox reaches the same
		// manifests through the desktop portal.
		{"firefox", "Firefox", Firefox, []place{
			{
				os: "linux",
				detect: []string{"{home}/.mozilla/firefox", "{xdg}/mozilla/firefox", "/usr/bin/firefox", "/usr/bin/firefox-esr",
					"/usr/lib/firefox", "/usr/lib/firefox-esr", "/opt/firefox", "/snap/firefox"},
				user:   []string{mozilla},
				system: []string{mozillaSystem},
			},
			{
				os:     "linux",
				detect: []string{"/usr/lib64/firefox", "/usr/lib64/mozilla"},
				system: []string{"/usr/lib64/mozilla/native-messaging-hosts"},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Firefox", "/Applications/Firefox.app"},
				user:   []string{mac("Mozilla")},
				system: []string{macMozillaSystem},
			},
			{
				os:     "windows",
				detect: []string{`{appdata}\Mozilla\Firefox`},
				user:   []string{`HKCU\SOFTWARE\Mozilla\NativeMessagingHosts`},
				system: []string{`HKLM\SOFTWARE\Mozilla\NativeMessagingHosts`},
			},
		}},
		// The browsers made from Firefox. LibreWolf reads folders of its own, Waterfox
		// those and, in newer versions, Firefox's; Floorp and Zen read Firefox's,
		// though other installers write to folders of theirs.
		{"librewolf", "LibreWolf", Firefox, []place{
			{
				os: "linux",
				detect: []string{"{home}/.librewolf", "{xdg}/librewolf", "/usr/bin/librewolf", "/usr/lib/librewolf/librewolf",
					"/usr/share/librewolf", "/usr/lib64/librewolf"},
				own:    []string{"{home}/.librewolf/native-messaging-hosts"},
				system: []string{"/usr/lib/librewolf/native-messaging-hosts"},
			},
			{
				os:     "linux",
				detect: []string{"/usr/lib64/librewolf"},
				system: []string{"/usr/lib64/librewolf/native-messaging-hosts"},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "librewolf", "/Applications/LibreWolf.app"},
				user:   []string{mac("librewolf")},
				system: []string{"/Library/Application Support/librewolf/NativeMessagingHosts"},
			},
		}},
		{"waterfox", "Waterfox", Firefox, []place{
			{
				os: "linux",
				detect: []string{"{home}/.waterfox", "{xdg}/waterfox", "/usr/bin/waterfox", "/usr/lib/waterfox/waterfox",
					"/opt/waterfox"},
				user:   []string{mozilla},
				own:    []string{"{home}/.waterfox/native-messaging-hosts"},
				system: []string{"/usr/lib/waterfox/native-messaging-hosts", mozillaSystem},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Waterfox", "/Applications/Waterfox.app"},
				user:   []string{mac("Waterfox"), mac("Mozilla")},
				system: []string{"/Library/Application Support/Waterfox/NativeMessagingHosts", macMozillaSystem},
			},
		}},
		{"floorp", "Floorp", Firefox, []place{
			{
				os:     "linux",
				detect: []string{"{home}/.floorp", "{xdg}/floorp", "/usr/bin/floorp", "/usr/lib/floorp", "/opt/floorp"},
				user:   []string{mozilla},
				own:    []string{"{home}/.floorp/native-messaging-hosts"},
				system: []string{mozillaSystem},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "Floorp", "/Applications/Floorp.app"},
				user:   []string{mac("Mozilla"), mac("Floorp")},
				system: []string{macMozillaSystem},
			},
		}},
		{"zen", "Zen", Firefox, []place{
			{
				os: "linux",
				detect: []string{"{home}/.zen", "{xdg}/zen", "/usr/bin/zen-browser", "/usr/lib/zen-browser",
					"/opt/zen-browser-bin", "/opt/zen"},
				user:   []string{mozilla},
				own:    []string{"{home}/.zen/native-messaging-hosts"},
				system: []string{mozillaSystem},
			},
			{
				os:     "darwin",
				detect: []string{macSupport + "zen", "/Applications/Zen.app"},
				user:   []string{mac("Mozilla"), mac("Zen")},
				system: []string{macMozillaSystem},
			},
		}},
	}
}
