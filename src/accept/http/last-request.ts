/**
 * What of a request decides over its connection: is it the last one, and how does the connection end? Read while the head is
 * in the thread's parser; once the request is under way that may hold another client's head. It must not end the connection itself.
 */
import { METHOD, NO_BODY, type RequestHead } from '../../wire/request-head.ts';

export class LastRequest {
  #requests = 0;
  /** The answer has no body. */
  isHeadRequest = false;
  /** No further request is taken. */
  isLast = false;
  /** The client waits for the end of the connection: it must not wait for `timeouts.idle`. */
  isHttp10 = false;
  hasBody = false;
  /** A GET or HEAD without a body that the client has called its last, or that 1.0 makes its last: nothing comes after it (RFC 9112 §9.6). */
  closeWithoutLinger = false;

  /** `max`: requests on one connection. */
  read(head: RequestHead, max: number): void {
    this.isHeadRequest = head.method === METHOD.head;
    // What follows a CONNECT was meant for the tunnel: it is never read as a request (requirement 27).
    this.isLast = !head.keepAlive || head.method === METHOD.connect || ++this.#requests >= max;
    this.isHttp10 = head.minor === 0;
    this.hasBody = head.contentLength !== NO_BODY;
    this.closeWithoutLinger = !head.keepAlive && (head.method === METHOD.get || this.isHeadRequest) && !this.hasBody;
  }

  /** What came is no request, or the body of one is malformed: whatever follows, nobody knows what it is. */
  malformed(): void {
    this.isLast = true;
    this.isHeadRequest = false;
  }
}
