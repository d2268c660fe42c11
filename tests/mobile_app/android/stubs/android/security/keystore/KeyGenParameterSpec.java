package android.security.keystore;

import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;

public final class KeyGenParameterSpec implements AlgorithmParameterSpec {
    public final String alias;
    public int bits = 0;
    public String said = "";

    private KeyGenParameterSpec(String alias, int purposes) {
        this.alias = alias;
        said = "purposes=" + purposes;
    }

    public static final class Builder {
        private final KeyGenParameterSpec made;

        public Builder(String alias, int purposes) {
            made = new KeyGenParameterSpec(alias, purposes);
        }

        public Builder setBlockModes(String... modes) {
            made.said += " modes=" + Arrays.toString(modes);
            return this;
        }

        public Builder setEncryptionPaddings(String... paddings) {
            made.said += " paddings=" + Arrays.toString(paddings);
            return this;
        }

        public Builder setKeySize(int bits) {
            made.bits = bits;
            return this;
        }

        public KeyGenParameterSpec build() {
            return made;
        }
    }
}
