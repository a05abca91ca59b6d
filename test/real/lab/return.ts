/** Ends what a lab that died left running and puts the system's files back. */
import { returnSystemPaths } from './borrowed.ts';
import { endLeftovers } from './processes.ts';

await endLeftovers();
await returnSystemPaths();
