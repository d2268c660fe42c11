package stub;

import android.security.keystore.KeyGenParameterSpec;

import java.io.InputStream;
import java.io.OutputStream;
import java.security.InvalidAlgorithmParameterException;
import java.security.Key;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;

import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The provider "AndroidKeyStore" with its keys in memory. */
public class Keystore extends Provider {
    static final Map<String, SecretKey> keys = new HashMap<>();

    public Keystore() {
        super("AndroidKeyStore", "1", "stub");
        put("KeyStore.AndroidKeyStore", Store.class.getName());
        put("KeyGenerator.AES", Generator.class.getName());
    }

    public static void install() {
        Security.addProvider(new Keystore());
    }

    /** As on a phone to which a backup was restored. */
    public static void lose() {
        keys.clear();
    }

    public static class Generator extends KeyGeneratorSpi {
        private KeyGenParameterSpec spec;

        @Override
        protected void engineInit(SecureRandom random) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void engineInit(int bits, SecureRandom random) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void engineInit(AlgorithmParameterSpec given, SecureRandom random)
                throws InvalidAlgorithmParameterException {
            spec = (KeyGenParameterSpec) given;
        }

        @Override
        protected SecretKey engineGenerateKey() {
            byte[] key = new byte[spec.bits / 8];
            new SecureRandom().nextBytes(key);
            keys.put(spec.alias, new SecretKeySpec(key, "AES"));
            World.say("key " + spec.alias + " " + spec.bits + " " + spec.said);
            return keys.get(spec.alias);
        }
    }

    public static class Store extends KeyStoreSpi {
        @Override
        public Key engineGetKey(String alias, char[] password) {
            return keys.get(alias);
        }

        @Override
        public boolean engineContainsAlias(String alias) {
            return keys.containsKey(alias);
        }

        @Override
        public void engineLoad(InputStream from, char[] password) {}

        @Override
        public Certificate[] engineGetCertificateChain(String alias) {
            return null;
        }

        @Override
        public Certificate engineGetCertificate(String alias) {
            return null;
        }

        @Override
        public Date engineGetCreationDate(String alias) {
            return new Date();
        }

        @Override
        public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {}

        @Override
        public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {}

        @Override
        public void engineSetCertificateEntry(String alias, Certificate certificate) {}

        @Override
        public void engineDeleteEntry(String alias) {
            keys.remove(alias);
        }

        @Override
        public Enumeration<String> engineAliases() {
            return Collections.enumeration(keys.keySet());
        }

        @Override
        public int engineSize() {
            return keys.size();
        }

        @Override
        public boolean engineIsKeyEntry(String alias) {
            return keys.containsKey(alias);
        }

        @Override
        public boolean engineIsCertificateEntry(String alias) {
            return false;
        }

        @Override
        public String engineGetCertificateAlias(Certificate certificate) {
            return null;
        }

        @Override
        public void engineStore(OutputStream to, char[] password) {}
    }
}
