/** The Client alone: the package's index loads fetch, WebSocket and caches, which take longer than a whole start. */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}
