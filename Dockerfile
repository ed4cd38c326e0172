# syntax=docker/dockerfile:1
# Mesher as an image: what runs (some 120 MB beside Node's own), as an account without rights, data in /data.
#
#   docker build -t mesher .
#   docker run --init -p 127.0.0.1:3000:3000 -v mesher:/data -e MESHER_PUBLIC_URL=https://errors.example.org mesher
#
# Without DATABASE_URL it brings its own PostgreSQL, in /data/postgres.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --no-audit --no-fund
COPY . .
RUN node scripts/setup.mjs
RUN node scripts/package.ts /app

FROM node:24-bookworm-slim
ENV NODE_ENV=production
ENV HOST=0.0.0.0
ENV PORT=3000
ENV MESHER_DATA_DIR=/data
COPY --from=build /app /app
RUN ln -s /app/mesher /usr/local/bin/mesher
RUN install -d -m 0700 -o node -g node /data /backups
WORKDIR /app
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/api/v1/system/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/start.mjs"]
