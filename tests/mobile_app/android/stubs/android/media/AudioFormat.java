package android.media;

public class AudioFormat {
    public static final int CHANNEL_IN_MONO = 16;
    public static final int ENCODING_PCM_16BIT = 2;
    int rate;

    public static class Builder {
        private final AudioFormat made = new AudioFormat();

        public Builder setSampleRate(int hz) {
            made.rate = hz;
            return this;
        }

        public Builder setEncoding(int encoding) {
            return this;
        }

        public Builder setChannelMask(int mask) {
            return this;
        }

        public AudioFormat build() {
            return made;
        }
    }
}
