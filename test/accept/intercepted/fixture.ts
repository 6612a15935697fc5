/** A part of an intercepted connection on a port that takes notes, and a way to an origin that the test answers (stage.ts). */
import type { ConnectionHost, ConnectionPart } from '../../../src/accept/connection-part.ts';
import type { OriginSide } from '../../../src/accept/intercepted/origin-side.ts';
import type { WorkerContext } from '../../../src/accept/worker-context.ts';
import type { HostFacts, Origin } from '../../../src/match/host-facts.ts';
import type { FakeUpstream } from '../../support/fake-upstream.ts';
import { RecordingPort } from '../recording-port.ts';
import { Stage, type StageSettings } from '../stage.ts';

export const NOW = 1000;
export const NOTHING = Buffer.alloc(0);
const ORIGIN = { host: '192.0.2.80', port: 80, key: '192.0.2.80:80', authority: '192.0.2.80' } as unknown as Origin;

/** As on a transparent listener, unless told. */
export interface PassageSettings {
  readonly notHttp?: ReturnType<OriginSide['notHttpAt']>;
  /** `port` is one of TLS. */
  readonly isTlsPort?: boolean;
  readonly fallbackHost?: string | null;
  readonly isNamed?: boolean;
  readonly tlsOnly?: boolean;
  readonly isFromClientsPort?: boolean;
  readonly clientField?: OriginSide['clientField'];
  /** Null: nowhere. */
  readonly destination?: (facts: HostFacts | null) => Origin | null;
}

export class Fixture<Part extends ConnectionPart> {
  readonly stage: Stage;
  readonly port = new RecordingPort();
  readonly host: ConnectionHost;
  readonly first: Part;
  /** What the connection is by now. */
  part: ConnectionPart;

  constructor(
    make: (context: WorkerContext, host: ConnectionHost, port: RecordingPort, originSide: OriginSide) => Part,
    originSide: PassageSettings = {},
    settings: StageSettings = {},
  ) {
    this.stage = new Stage(settings);
    const { client, listener } = this.stage.connection;
    this.host = {
      client,
      clientPort: 1024,
      listener,
      become: (part) => {
        this.part = part;
        this.port.log.push(`becomes ${part.constructor.name}`);
      },
      holdOthersBack: () => void this.port.log.push('others are held back'),
    };
    this.first = make(this.stage.context, this.host, this.port, {
      fallbackHost: '192.0.2.80',
      isNamed: false,
      tlsOnly: false,
      port: 80,
      notHttpAt: () => originSide.notHttp ?? 'tunnel',
      isTlsAt: () => originSide.isTlsPort ?? false,
      clientField: 'none',
      isFromClientsPort: false,
      destination: () => ORIGIN,
      ...originSide,
      connect: (destination, done) => listener.route.connect(destination, this.host, done),
    });
    this.part = this.first;
  }

  client(text: string): this {
    this.part.clientBytes(bytes(text));
    return this;
  }

  /** The origin of the newest connection sends. */
  origin(text: string): void {
    this.upstream.socket.push(bytes(text));
  }

  get upstream(): FakeUpstream {
    const upstream = this.stage.upstream();
    if (upstream === undefined) throw new Error('there is no connection to an origin');
    return upstream;
  }

  /** Lines of the stage's trace that begin so. */
  traced(beginning: string): string[] {
    return this.stage.trace.lines.filter((line) => line.startsWith(beginning));
  }
}

export function bytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('⏎', '\r\n'), 'latin1');
}
