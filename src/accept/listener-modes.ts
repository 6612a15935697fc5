/**
 * Which listener each mode has that is about connections to origins; `dns` has one of its own (dns-front/dns-listener.ts). It must
 * not open anything: the thread says when.
 *
 *   explicit     HttpSession    requests to a proxy
 *   transparent  FirstBytes     whatever clients send to origins; it goes to the address that they have connected to
 *   steered      FirstBytes     the same; it goes to the host that they name
 */
import type { ListenerConfig, ListenerMode } from '../config/types.ts';
import { DROPPED } from '../observe/counters.ts';
import type { MakePart } from './client-connection.ts';
import { HttpSession } from './http/http-session.ts';
import { ConnectedOrigins } from './intercepted/connected-origins.ts';
import { FirstBytes } from './intercepted/first-bytes.ts';
import type { OriginSide } from './intercepted/origin-side.ts';
import { SteeredOriginSide } from './intercepted/steered-origin-side.ts';
import { TransparentOriginSide } from './intercepted/transparent-origin-side.ts';
import type { ConnectionHost } from './connection-part.ts';
import type { Listener } from './listener.ts';
import { StreamListener } from './stream-listener.ts';
import type { ListenerView, WorkerContext } from './worker-context.ts';

type View = Omit<ListenerView, 'route' | 'isForAll'>;
type MakeListener = (context: WorkerContext, listener: ListenerConfig, view: View) => Listener;

const NOTHING = Buffer.alloc(0);

export const LISTENERS: Readonly<Record<Exclude<ListenerMode, 'dns'>, MakeListener>> = {
  explicit: (context, _listener, view) =>
    new StreamListener(
      context,
      { ...view, route: context.routes.explicit, isForAll: false },
      { terms: { isSilent: false }, begin: () => httpSession },
    ),

  transparent: (context, listener, view) => {
    const route = context.routes.intercepted(listener);
    const origins = new ConnectedOrigins();
    const terms = { isSilent: true };
    return new StreamListener(
      context,
      { ...view, route, isForAll: true },
      {
        terms,
        begin: ({ localAddress, localPort, remoteAddress }) => {
          if (localAddress === undefined || localPort === undefined || remoteAddress === undefined)
            return DROPPED.client_error;
          // This machine is nobody's origin here and nobody's client; but a guard on it asks an origin on it, by other addresses.
          if (localAddress === remoteAddress || route.endsHere(localAddress) !== route.endsHere(remoteAddress))
            return DROPPED.loop;
          const origin = origins.of(localAddress, localPort);
          return origin === null
            ? DROPPED.client_error
            : intercepted((host) => new TransparentOriginSide(host, route, origin));
        },
      },
    );
  },

  steered: (context, listener, view) => {
    const route = context.routes.intercepted(listener);
    const terms = { isSilent: true };
    return new StreamListener(
      context,
      { ...view, route, isForAll: false },
      {
        terms,
        begin: ({ localAddress, localPort }) => {
          if (localAddress === undefined || localPort === undefined) return DROPPED.client_error;
          return route.isSteeredHere(localAddress)
            ? intercepted((host) => new SteeredOriginSide(host, route, localPort))
            : DROPPED.not_steered;
        },
      },
    );
  },
};

const httpSession: MakePart = (context, host, port) => new HttpSession(context, host, port);

function intercepted(originSide: (host: ConnectionHost) => OriginSide): MakePart {
  return (context, host, port) => {
    const part = new FirstBytes(context, host, port, originSide(host));
    part.begin({ bytes: NOTHING, hasEnded: false, upstream: null });
    return part;
  };
}
