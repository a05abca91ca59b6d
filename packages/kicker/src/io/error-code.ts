/** The code of a system or OpenSSL error: `ENOENT`, `ECONNRESET`, `CERT_REVOKED`; empty where it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  const { code } = error;
  return typeof code === 'string' || typeof code === 'number'
    ? String(code)
    : '';
}
