export {
  readMaterial,
  readMaterialSync,
  type Material,
  type TlsFiles,
} from './material.ts';
