/** Width of the consent window's content, in CSS pixels. Its height follows its text. */
export const promptWidth = 460;
