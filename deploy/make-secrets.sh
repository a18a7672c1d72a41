#!/bin/sh
# Makes the secrets of compose's profile `full` once, in a folder that git does not see; what is there stays as it is.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
for name in postgres_password metrics_token grafana_password secret_key; do
  [ -s "secrets/$name" ] || random > "secrets/$name"
done
[ -s secrets/replica.env ] || cat > secrets/replica.env <<END
SECRET_KEY=$(cat secrets/secret_key)
DATABASE_URL=postgres://coulisses:$(cat secrets/postgres_password)@postgres:5432/coulisses
METRICS_TOKEN=$(cat secrets/metrics_token)
END
# Containers read these as users of their own; the folder keeps everybody else out.
chmod 644 secrets/postgres_password secrets/metrics_token secrets/grafana_password
