/** What kicker.yaml may say of one Icinga 2. */
export const icinga2Keys = {};

export interface Icinga2Settings {
  kind: 'icinga2';
}
