import t from 'tap';
import { conform } from './conformance.ts';
import { createIcinga2Stage } from './icinga2/stage.ts';
import { createNagiosStage } from './nagios/stage.ts';

conform(t, 'nagios', createNagiosStage);
conform(t, 'icinga2', createIcinga2Stage);
