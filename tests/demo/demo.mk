# A cast of clients comes to lesson 3, for a class to watch: see demo.py.

.PHONY: demo
demo: $(BUILD)/lesson03
	@tests/demo/demo.py --server $< $(if $(PORT),--port $(PORT)) $(if $(AUTO),--auto)
