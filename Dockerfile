# One image for the API and the workers; the command says which. No BuildKit-only syntax.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# What stays is what runs: no build tools (two of them are optional peers of what does run), no libraries for other systems.
RUN npm prune --omit=dev --omit=optional --omit=peer \
 && cd node_modules/onnxruntime-node/bin/napi-v* && rm -rf darwin win32
COPY models models
# Both kinds of graph, so that a container starts at once whatever its CPU can do.
ENV DATA_DIR=/app/data
RUN node dist/cli/build-graphs.js

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/app/data
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/models models
COPY --from=build --chown=node:node /app/data data
COPY --from=build /app/package.json ./
COPY --from=build /app/dist dist
USER node
EXPOSE 8002 8004
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["node", "dist/cli/health.js"]
# A worker: docker run ... node dist/worker/main.js
CMD ["node", "dist/api/main.js"]
