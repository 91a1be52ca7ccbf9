// The letter that the IMAP tests put into the mailbox: a body in two alternatives, encoded, with characters of many kinds.
export const letterSubject = "Light on at dusk, 灯台";
export const letterText = "Dear harbour,\n\nthe light burns from 16:12 — a full 14 hours.\nBring 2 = two candles.\n";

export const letter = [
  "From: Keeper of the Light <keeper@harbour.test>",
  "To: Harbour <harbour@harbour.test>",
  "Subject: =?utf-8?q?Light_on_at_dusk=2C_?= =?utf-8?b?54Gv5Y+w?=",
  "Date: Fri, 20 Nov 2026 09:30:00 +0100",
  "Message-ID: <1@harbour.test>",
  "MIME-Version: 1.0",
  'Content-Type: multipart/alternative; boundary="buoy"',
  "",
  "--buoy",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<p>Dear harbour</p>",
  "--buoy",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Dear harbour,",
  "",
  "the light burns from 16:12 =E2=80=94 a full=",
  " 14 hours.",
  "Bring 2 =3D two candles.",
  "",
  "--buoy--",
  "",
].join("\r\n");
