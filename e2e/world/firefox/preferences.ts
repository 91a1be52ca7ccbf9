// How the tests' Firefox is set: what keeps it off the network and out of the user's way. All else is as people have it.

interface Given {
  /** The port on 127.0.0.1 of the SOCKS server that knows *.test. */
  socksPort: number;
  /** Extensions' ids, and by which UUID each profile page of theirs is known. */
  uuids: Readonly<Record<string, string>>;
}

export function preferences({ socksPort, uuids }: Given): Record<string, string | number | boolean> {
  return {
    "extensions.webextensions.uuids": JSON.stringify(uuids),
    // A temporary add-on is gone with its browser: here the next one with the profile finds what it has kept.
    // All names but localhost.
    "network.proxy.type": 1,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_port": socksPort,
    "network.proxy.socks_version": 5,
    "network.proxy.socks5_remote_dns": true,
    "network.proxy.failover_direct": false,
    // The pointer acts on the window, so that frames of other processes feel it, too.
    "remote.events.async.mouse.enabled": true,
    // No questions and pages of its own.
    "browser.aboutwelcome.enabled": false,
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.newtabpage.enabled": false,
    "browser.tabs.warnOnClose": false,
    "browser.warnOnQuit": false,
    "browser.sessionstore.resume_from_crash": false,
    "toolkit.startup.max_resumed_crashes": -1,
    "datareporting.policy.dataSubmissionEnabled": false,
    "datareporting.healthreport.uploadEnabled": false,
    "browser.download.folderList": 2,
    "browser.download.always_ask_before_handling_new_types": false,
    // Nothing asked of its makers.
    "app.update.disabledForTesting": true,
    "app.normandy.enabled": false,
    "messaging-system.rsexperimentloader.enabled": false,
    "extensions.getAddons.cache.enabled": false,
    "extensions.update.enabled": false,
    "extensions.systemAddon.update.enabled": false,
    "services.settings.server": "data:,nothing",
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "browser.safebrowsing.malware.enabled": false,
    "browser.safebrowsing.phishing.enabled": false,
    "browser.safebrowsing.downloads.remote.enabled": false,
    "toolkit.telemetry.server": "data:,nothing",
    "geo.provider.network.url": "data:,nothing",
  };
}
