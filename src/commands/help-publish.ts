/**
 * What `--help` says of the commands of `publish`: examples, exit codes. As help-texts.ts, of which it is a part.
 * It must not hold any logic.
 */
import type { CommandHelp } from './command-help.ts';

const AT = '-r /srv/repo -k /srv/keys';
const SIGNING = 'keys, state, recipients or signatures are not as they must be';

function changes(ok: string, examples: readonly string[], more: Readonly<Record<number, string>> = {}): CommandHelp {
  return { examples, exits: { 0: ok, ...more, 78: SIGNING } };
}

export const PUBLISH_HELP: Readonly<Record<string, CommandHelp>> = {
  'publish init': changes('the keys are made', [
    `publish init ${AT}`,
    `publish init ${AT} --threshold 2 --approvals 2`,
  ]),
  'publish recipient add': changes('the recipient has a repository', [`publish recipient add isp-a age1… ${AT}`]),
  'publish rekey': changes(
    'the list is published under other keys',
    [`publish rekey isp-a age1… ${AT} --overlap 14d`, `publish rekey isp-a age1… ${AT} --names age1…`],
    {
      65: 'the list cannot be published',
    },
  ),
  'publish rotate': changes('the role has new keys', [`publish rotate snapshot ${AT}`]),
  'publish revoke': changes('nothing more is published to the recipient', [`publish revoke isp-a ${AT}`]),
  'publish build': changes(
    'the change set is written, or committed',
    [`publish build list.txt ${AT} -o change.json`, `publish build list.txt ${AT} --commit`],
    {
      65: 'the list has errors',
    },
  ),
  'publish approve': changes('signed', ['publish approve change.json --key approval-1.pem'], { 65: 'no change set' }),
  'publish commit': changes('published', [`publish commit change.json ${AT}`], {
    65: 'the change set or its approvals do not fit',
  }),
  'publish withdraw': changes(
    'withdrawn',
    [`publish withdraw http://host.example/page ${AT}`, `publish withdraw - ${AT} <wrong.txt`],
    {
      65: 'no such entry, or so many at once that it takes --mass',
    },
  ),
  'publish refresh': {
    examples: [`publish refresh ${AT}`],
    exits: {
      0: 'renewed',
      65: 'the state cannot be published',
      78: 'somebody has to sign soon, a version has not reached everybody, or keys, state or recipients are not as they must be',
    },
  },
  'publish inspect': {
    examples: [`publish inspect ${AT}`, `publish inspect ${AT} --json`],
    exits: { 0: 'shown', 78: 'the state cannot be read' },
  },
  'publish why': changes('shown', [`publish why 123456789 --recipient isp-a ${AT}`], { 65: 'no such id' }),
  'publish prove': changes(
    'the proof is written',
    [`publish prove http://host.example/page ${AT} --reason 'court, case 1' -o proof.json`],
    {
      65: 'no such entry',
    },
  ),
  'publish audit': changes('all is as it was made', [`publish audit ${AT}`, `publish audit ${AT} --json`], {
    1: 'something differs',
  }),
  'publish verify-proof': {
    examples: ['publish verify-proof proof.json --log lists.example/log+1a2b3c4d+AbC…'],
    exits: { 0: 'the proof holds', 1: 'it does not', 65: 'the file is no proof' },
  },
  'publish witness': {
    examples: [
      'publish witness log_head.json --name witness.example --key witness.key --log lists.example/log+1a2b3c4d+AbC… --seen seen.json -o cosigned',
    ],
    exits: { 0: 'cosigned', 1: 'the head does not extend the one before', 65: 'a file is not what it should be' },
  },
  'publish witness-key': {
    examples: ['publish witness-key --name witness.example --key witness.key'],
    exits: { 0: 'made', 64: 'the name is none, or the file is there already', 65: 'the file cannot be written' },
  },
};
