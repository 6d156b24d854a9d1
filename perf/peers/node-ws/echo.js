// SPDX-License-Identifier: Apache-2.0
// An echo server on ws: node echo.js PORT
'use strict';

const { WebSocketServer } = require('ws');

// It sets TCP_NODELAY itself.
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2] ?? 0),
  perMessageDeflate: false,
  maxPayload: 16 << 20,
});

server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => socket.terminate());
});

server.on('listening', () => {
  console.log(`listening on ws://127.0.0.1:${server.address().port}/echo`);
});
