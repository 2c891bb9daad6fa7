"""An agent in Python that joins a run as a verifier: it checks last-digit arithmetic, step by step.

It is no member of the group: it verifies the solutions of all questions beside the members, and a solution needs its
consent as it needs theirs. Messages are MessagePack on `agora.<run>.<sender>.<type>.<id>`; docs/messages.schema.json has
their schemas (`agora schemas`).
"""

import argparse
import asyncio
import re
import signal
import time
import uuid
from collections import deque
from pathlib import Path

import msgpack
import nats
import nkeys

PART = re.compile(r"[-+*]?\d")
STEP = re.compile(r"(\d(?:[-+*]\d)+)=(\d)")

# What the page draws.
CHART = {
    "id": "verifier",
    "initial": "listening",
    "states": {
        "listening": {"on": {"solution.offered": [{"actions": ["verify"]}], "run.finished": [{"target": ["done"]}]}},
        "done": {"type": "final"},
    },
}


def value_of(chain: str) -> int:
    """The last digit of a chain such as `7*8-3`, from left to right."""
    first, *rest = PART.findall(chain)
    value = int(first)
    for part in rest:
        operand = int(part[1])
        value = {"+": value + operand, "-": value - operand, "*": value * operand}[part[0]] % 10
    return value


def verdict_on(question: str, solution: str) -> tuple[str, str]:
    """`accept`, `refuse` or `abstain`, with the reason."""
    if not re.fullmatch(r"\d([-+*]\d)*", question):
        return "abstain", "no chain of digits"
    for chain, result in STEP.findall(solution):
        if value_of(chain) != int(result):
            return "refuse", f"{chain} is not {result}"
    value = value_of(question)
    if re.findall(r"ans (\d)", solution)[-1:] != [str(value)]:
        return "refuse", f"the answer is {value}"
    return "accept", f"ans {value}"


def token(text: str) -> str:
    """An id as the last token of a subject."""
    return re.sub(r"[.*>\s]", "_", text)


# From the word that somebody is back to the repetition of what it has missed: others may be back soon too [s].
PAUSE = 0.2


class Verifier:
    def __init__(self, run: str, name: str, every: float) -> None:
        self.run, self.name, self.every = run, name, every
        self.life = uuid.uuid4().hex
        self.host: str | None = None
        self.term = 0
        # For those whose connection was down: the last word on taking part, and the newest verdicts, as they were sent.
        self.joined: tuple[str, bytes] | None = None
        self.verdicts: deque[tuple[str, bytes]] = deque(maxlen=256)
        self.done = asyncio.Event()

    async def connect(self, servers: list[str], key: str | None, ca: str | None) -> None:
        options: dict = {}
        if key is not None:
            # Answers come back on subjects of the key's own; permissions exclude those of others.
            seed = Path(key).read_text().strip()
            public = nkeys.from_seed(bytearray(seed, "ascii")).public_key.decode()
            options = {"nkeys_seed_str": seed, "inbox_prefix": f"_INBOX.{public}".encode()}
        if ca is not None:
            import ssl

            options["tls"] = ssl.create_default_context(cafile=ca)
        options |= {"max_reconnect_attempts": -1, "reconnect_time_wait": 0.2, "reconnected_cb": self.returned}
        self.nats = await nats.connect(servers, name=f"verifier {self.name}", **options)
        for kind in ("solution.offered", "agent.pulsed", "agent.returned", "run.finished"):
            await self.nats.subscribe(f"agora.{self.run}.*.{kind}.*", cb=self.hear)
        await self.nats.flush()

    async def hear(self, delivery) -> None:
        try:
            if self.is_late(delivery):
                return
            message = msgpack.unpackb(delivery.data, ext_hook=lambda code, data: None)
            await self.act(message)
        except Exception as error:  # one bad message must not end the verifier
            print(f"cannot use a message on {delivery.subject}: {error}", flush=True)

    def is_late(self, delivery) -> bool:
        """Whether a host that was replaced has sent it. The terms of a run's hosts grow; no agent speaks as attendance."""
        term = int((delivery.headers or {}).get("Agora-Term", 0))
        is_host = delivery.subject.split(".")[2] == "attendance"
        if is_host:
            self.term = max(self.term, term)
        return (is_host or term > 0) and term < self.term

    async def act(self, message: dict) -> None:
        kind = message["type"]
        if kind == "run.finished":
            self.done.set()
        elif kind == "solution.offered":
            await self.verify(message)
        elif kind == "agent.returned":
            if message["from"] != self.name:
                await self.say_again()
        elif message["agent"] == "attendance" and message["life"] != self.host and "leaves" not in message:
            # The host has started: it has to know of us.
            self.host = message["life"]
            await self.join()

    async def verify(self, message: dict) -> None:
        solution = message["offered"]
        verdict, text = verdict_on(message["text"], solution["text"])
        given = {"solutionId": solution["solutionId"], "verifier": self.name, "adapter": 0}
        verdicts = [{**given, "verdict": verdict, "text": text}]
        question = message["question"]
        self.verdicts.append(await self.say("verdict.given", question, question=question, verdicts=verdicts))

    async def join(self) -> None:
        about = {"agent": self.name, "kind": "verifier", "machine": CHART, "member": False, "verifies": True}
        self.joined = await self.say("agent.joined", self.name, **about)
        await self.pulse()  # who has shown no sign of life is not missed
        print(f"{self.name} verifies in run {self.run}", flush=True)

    async def pulse(self, **more: str) -> None:
        """A sign of life: who stops giving them is taken to be gone."""
        await self.say("agent.pulsed", self.name, agent=self.name, life=self.life, every=self.every, **more)

    async def returned(self) -> None:
        """The connection was down: the others say again what they have said meanwhile about open questions."""
        if self.host is not None:
            await self.say("agent.returned", self.name, agent=self.name)

    async def say_again(self) -> None:
        """Somebody is back. Who has heard it already does not hear it again, for the bytes are the same."""
        await asyncio.sleep(PAUSE)
        for subject, payload in [*([self.joined] if self.joined else []), *self.verdicts]:
            await self.nats.publish(subject, payload)

    async def say(self, message_type: str, about: str, **fields) -> tuple[str, bytes]:
        """What was published: subject and payload."""
        message = {"type": message_type, "from": self.name, "at": time.time() * 1000, **fields}
        subject = f"agora.{self.run}.{self.name}.{message_type}.{token(about)}"
        payload = msgpack.packb(message)
        await self.nats.publish(subject, payload)
        return subject, payload

    async def live(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, self.done.set)
        while not self.done.is_set():
            if self.host is not None:
                await self.pulse()
            try:
                await asyncio.wait_for(self.done.wait(), self.every)
            except asyncio.TimeoutError:
                pass
        await self.pulse(leaves="its process was stopped")
        await self.nats.drain()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nats", default="nats://127.0.0.1:4222", help="servers, separated by commas")
    parser.add_argument("--run", required=True)
    parser.add_argument("--name", default="checker")
    parser.add_argument("--key", help="file with the agent's key (agora keys)")
    parser.add_argument("--ca", help="certificates of the authority that signed the server's (TLS)")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two signs of life (heartbeatSeconds)")
    given = parser.parse_args()
    verifier = Verifier(given.run, given.name, given.every)
    await verifier.connect(given.nats.split(","), given.key, given.ca)
    await verifier.live()


if __name__ == "__main__":
    asyncio.run(main())
