/** What holds for intercepted traffic holds inside CONNECT. */
import { answersBehave } from './answers.ts';
import { boundsBehave } from './bounds.ts';
import { deadlinesBehave } from './deadlines.ts';
import { endsBehave } from './ends.ts';
import { hellosBehave } from './hellos.ts';
import { hostsBehave } from './hosts.ts';
import { protocolsBehave } from './protocols.ts';
import { requestsBehave } from './requests.ts';
import { connectWay } from './way.ts';

requestsBehave(connectWay);
answersBehave(connectWay);
endsBehave(connectWay);
boundsBehave(connectWay);
hostsBehave(connectWay);
hellosBehave(connectWay);
deadlinesBehave(connectWay);
protocolsBehave(connectWay);
