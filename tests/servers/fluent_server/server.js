// Writes what FluentServer receives to a file, a line of JSON for each event, and acknowledges it only then.
"use strict";

const fs = require("node:fs");
const { FluentServer } = require("@fluent-org/logger");

const config = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const received = fs.openSync(config.received, "a");
const ACK = 0x81; // the first byte of {"ack": chunk} in MessagePack; a HELO and a PONG are arrays

function line(tag, time, record) {
  const [seconds, nanos] = typeof time === "number" ? [Math.floor(time), 0] : [time.epoch, time.nano];
  const bytes = function (key, value) {
    const raw = this[key]; // a Buffer comes as its toJSON()
    return raw instanceof Uint8Array ? { base64: Buffer.from(raw).toString("base64") } : value;
  };
  const ns = BigInt(seconds) * 1000000000n + BigInt(nanos);
  return `{"tag":${JSON.stringify(tag)},"time_ns":${ns},"record":${JSON.stringify(record, bytes)}}\n`;
}

class Keeping extends FluentServer {
  #lines = [];

  onEntry(tag, time, record) {
    if (this.#lines.push(line(tag, time, record)) === 1) queueMicrotask(() => this.#keep());
  }

  // FluentServer acknowledges a chunk, and then tells of its entries, without a pause between the two: what is put off
  // until the pause comes after both.
  handleConnection(socket) {
    const write = socket.write.bind(socket);
    socket.write = (data, ...rest) => {
      if (data[0] !== ACK) return write(data, ...rest);
      queueMicrotask(() => {
        this.#keep();
        if (config.acks) write(data, ...rest);
      });
      return true;
    };
    socket.on("error", () => socket.destroy()); // a client that goes away must not end the server
    return super.handleConnection(socket);
  }

  #keep() {
    const lines = this.#lines.splice(0);
    if (lines.length) fs.appendFileSync(received, lines.join(""));
  }
}

for (const { listen, tls } of config.listening) {
  const options = { listenOptions: listen };
  if (tls) {
    const read = ([name, path]) => [name, fs.readFileSync(path)];
    options.tlsOptions = Object.fromEntries(Object.entries(tls).map(read));
    if (tls.ca) Object.assign(options.tlsOptions, { requestCert: true, rejectUnauthorized: true });
  }
  if (config.security) options.security = config.security;
  new Keeping(options).listen();
}
