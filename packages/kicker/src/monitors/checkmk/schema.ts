/** What kicker.yaml may say of one Checkmk. */
export const checkmkKeys = {};

export interface CheckmkSettings {
  kind: 'checkmk';
}
