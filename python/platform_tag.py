"""The platform of the wheel: any Python 3, and the system that the core was built for, which scripts/wheel.mjs reads from it."""

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlatformTag(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ['LONGATTN_WHEEL_PLATFORM']}"
