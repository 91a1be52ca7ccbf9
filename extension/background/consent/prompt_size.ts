/** Width of the consent window's content, in CSS pixels. Its height follows its text. */
export const promptWidth = 460;
/** Its height to begin with: the page corrects it. */
export const promptHeight = 430;
