"""
pytest puts the folder of a conftest.py on sys.path: because this one is here, every suite finds
ws_testlib, which all of them share. See README.md.
"""
import os

os.environ["LC_ALL"] = "C.UTF-8"  # what is tested speaks English, whatever the tester speaks
