/**
 * Which listener each mode has. A new mode is a row here, with a connection of its own (a stream) or a listener of its own
 * (datagrams). It must not open anything: the thread says when.
 */
import type { ListenerMode } from '../config/types.ts';
import { ClientConnection } from './client-connection.ts';
import type { Listener } from './listener.ts';
import { StreamListener } from './stream-listener.ts';
import type { ListenerView, WorkerContext } from './worker-context.ts';

type MakeListener = (context: WorkerContext, view: ListenerView) => Listener;

export const LISTENERS: Readonly<Record<ListenerMode, MakeListener>> = {
  explicit: (context, view) =>
    new StreamListener(context, view, (socket, client) => new ClientConnection(context, view, socket, client)),
};
