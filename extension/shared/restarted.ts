/** One of the lines of console_lines.ts, for the script that every page loads, and that needs no other. */
export const restarted =
  "Portside was updated, reloaded or stopped, and the sockets of this page have ended with it. Open them again.";
