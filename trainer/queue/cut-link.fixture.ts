/** A TCP proxy to a server whose link can be cut: what is sent then is lost, as on a network that drops packets. */
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";

export interface Link {
  readonly url: string;
  /** Nothing passes any more, and neither side is told. */
  cut(): void;
  /** Ends the connections that were cut, and lets new ones pass. */
  heal(): void;
  close(): void;
}

export const linkTo = async (port: number): Promise<Link> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("data", (data) => void (isCut || to.write(data)));
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = dial(port, "127.0.0.1");
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
    },
    heal: () => {
      end();
      isCut = false;
    },
    close: () => {
      server.close();
      end();
    },
  };
};
