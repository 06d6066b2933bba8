# What a new machine lacks is installed here, and said; sourced by ./run and ./test.
need=()
{ command -v cc && command -v make; } >/dev/null 2>&1 || need+=(build-essential)
# The build of OpenSSL needs more of perl than the smallest machines have.
perl -MFindBin -MIPC::Cmd -e 1 >/dev/null 2>&1 || need+=(perl)
command -v git >/dev/null 2>&1 || need+=(git)
command -v python3 >/dev/null 2>&1 || need+=(python3)
# Debian keeps what makes an environment apart.
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || need+=(python3-venv)
# The Kotlin package is built and tested by ./test alone.
if [ "${0##*/}" = test ]; then
  command -v javac >/dev/null 2>&1 || need+=(openjdk-17-jdk-headless)
  command -v mvn >/dev/null 2>&1 || need+=(maven)
  # Clients of tus and a bucket, for the tests of files.
  command -v node >/dev/null 2>&1 || need+=(nodejs)
  command -v npm >/dev/null 2>&1 || need+=(npm)
fi
if [ "${#need[@]}" -gt 0 ]; then
  echo "Installing ${need[*]} …"
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${need[@]}"; } >/dev/null; then
    echo "Could not install ${need[*]}: install them by hand and start again."
    return 1
  fi
fi
if ! command -v cargo >/dev/null 2>&1; then
  echo "daohu is built with Rust 1.95 or newer; cargo was not found. Install Rust and start again."
  return 1
fi
