/** What holds for intercepted traffic holds inside CONNECT. */
import { answersBehave } from './answers.ts';
import { boundsBehave } from './bounds.ts';
import { endsBehave } from './ends.ts';
import { requestsBehave } from './requests.ts';
import { connectWay } from './way.ts';

requestsBehave(connectWay);
answersBehave(connectWay);
endsBehave(connectWay);
boundsBehave(connectWay);
