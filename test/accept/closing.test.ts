/** The end of a connection against playbooks. */
import { describe, expect, test } from '@jest/globals';
import { Closing } from '../../src/accept/closing.ts';
import { RecordingPort } from './recording-port.ts';
import { Stage } from './stage.ts';

function closing(): { readonly part: Closing; readonly port: RecordingPort; readonly stage: Stage } {
  const port = new RecordingPort();
  const stage = new Stage({ limits: { lingerBytes: '1KiB' } });
  return { part: new Closing(stage.context, port), port, stage };
}

describe('closing', () => {
  test('closes at once where the client has no more to say', () => {
    const { part, port } = closing();
    part.begin(0, true);
    expect(port.take()).toEqual(['deadline 61000', 'end, or close at once', 'resume reads']);
  });

  test('but not where it has said more', () => {
    const { part, port } = closing();
    part.begin(1, true);
    expect(port.take()).toEqual(['deadline 61000', 'end', 'resume reads', 'end']);
    const later = closing();
    later.part.begin(0, true);
    later.port.take();
    later.part.clientBytes(Buffer.alloc(1));
    expect(later.port.take()).toEqual(['end']);
  });

  test('lingers once the kernel has all, and then closes', () => {
    const { part, port } = closing();
    part.begin(0, false);
    port.take();
    port.ended();
    expect(port.take()).toEqual(['deadline 3000']);
    part.deadline();
    expect(port.take()).toEqual(['close']);
  });

  test('resets a client that does not take its answer', () => {
    const { part, port, stage } = closing();
    part.begin(0, false);
    port.take();
    port.unsent = 1;
    part.deadline();
    expect(port.take()).toEqual(['reset']);
    expect(stage.trace.lines).toEqual(['dropped body_timeout']);
  });

  test.each([
    [1024, ['end']],
    [1025, ['pause reads', 'end']],
  ])('%i bytes are thrown away, of at most 1024: what is more is left unread', (count, lines) => {
    const { part, port } = closing();
    part.begin(0, false);
    port.take();
    part.clientBytes(Buffer.alloc(count));
    expect(port.take()).toEqual(lines);
  });
});
