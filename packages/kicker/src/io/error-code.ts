/** The code of a system or OpenSSL error: `ENOENT`, `ECONNRESET`, `CERT_REVOKED`; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
