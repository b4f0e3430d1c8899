# make pictures: takes the pictures in the README anew. What they need besides tests/setup: fonts with
# Chinese and emoji, on Debian: apt-get install fonts-noto-cjk fonts-noto-color-emoji

.PHONY: pictures
pictures: programs
	@node tests/pictures/take.mjs
	@ls -l tests/pictures/*.png
