/** The version that `kickd --version`, `/status` and the packages tell. */
export const version = '0.1.0';
