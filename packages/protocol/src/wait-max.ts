/** The longest wait of `GET /run/ID?wait=S`, in seconds. */
export const waitMaxSeconds = 60;
