import { basename } from 'node:path';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import {
  commonTokens,
  declareFactoryPlugin,
  type Injector,
  PluginKind,
  type PluginContext,
  tokens,
} from '@stryker-mutator/api/plugin';
import type {
  MutantRunOptions,
  MutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { TapTestRunner } from '@stryker-mutator/tap-runner';

/**
 * Stryker's tap runner, which asks the own test of a changed file before all others: most changes end there, within half a
 * second instead of after half of the tests.
 */
class OwnTestFirst extends TapTestRunner {
  override mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const own = basename(options.activeMutant.fileName, '.ts') + '.test.ts';
    const testFilter = options.testFilter?.toSorted(
      (a, b) => Number(basename(b) === own) - Number(basename(a) === own),
    );
    return super.mutantRun({ ...options, ...(testFilter && { testFilter }) });
  }
}

function create(injector: Injector<PluginContext>): OwnTestFirst {
  const { options, logger } = commonTokens;
  return new OwnTestFirst(
    injector.resolve(options),
    injector.resolve(logger),
    INSTRUMENTER_CONSTANTS.NAMESPACE,
  );
}
create.inject = tokens(commonTokens.injector);

/** Stryker finds it by this name. */
export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'own-test-first', create),
];
