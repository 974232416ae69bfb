// What the generator writes into the page, as data-settings of the section that
// holds the component.

export interface Settings {
  generation: 'g2' | 'g3' | 'both';
  handOff: 'state-token' | 'from-uri' | 'auto';
  idpId: string;
  /** As on the third generation's button, which is found by nothing else. */
  idpName: string;
  projectId: string;
  frontendApiUrlSuffix?: string;
  customDomain?: string;
  script: string;
  style?: string;
  integrity?: string;
  /** Client ids of the apps that get the passkey; none means all. */
  appIds: string[];
}
