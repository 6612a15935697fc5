/** What holds for intercepted traffic holds on a transparent listener, for the whole `serve` behind the rules that are shipped. */
import { describeNetwork } from '../../network/support/programs.ts';
import { answersBehave } from './answers.ts';
import { boundsBehave } from './bounds.ts';
import { endsBehave } from './ends.ts';
import { hellosBehave } from './hellos.ts';
import { hostsBehave } from './hosts.ts';
import { protocolsBehave } from './protocols.ts';
import { requestsBehave } from './requests.ts';
import { transparentWay } from './transparent-way.ts';

describeNetwork()('a transparent listener', () => {
  const way = transparentWay();
  requestsBehave(way);
  answersBehave(way);
  endsBehave(way);
  boundsBehave(way);
  hostsBehave(way);
  hellosBehave(way);
  protocolsBehave(way);
});
