export type { Name, Usage } from './certificate.ts';
export {
  createPki,
  openPki,
  type IssueOptions,
  type KeyKind,
  type Leaf,
  type Pki,
  type PkiOptions,
  type StoredCa,
  type StoredPki,
} from './pki.ts';
