const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffffffffffffffffn;
const separator = 0xff;

/**
 * What Alertmanager calls an alert with these labels.
 * @returns 16 hexadecimal digits: FNV-1a of 64 bits over the names and values, in the order of the names
 * @see https://github.com/prometheus/common/blob/main/model/fnv.go
 */
export function fingerprintOf(
  labels: Readonly<Record<string, string>>,
): string {
  const encoder = new TextEncoder();
  let hash = offset;
  const add = (byte: number): void => {
    hash = ((hash ^ BigInt(byte)) * prime) & mask;
  };
  for (const name of Object.keys(labels).toSorted()) {
    for (const text of [name, labels[name] ?? '']) {
      for (const byte of encoder.encode(text)) add(byte);
      add(separator);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
