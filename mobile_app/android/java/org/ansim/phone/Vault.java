package org.ansim.phone;

import android.security.keystore.KeyGenParameterSpec;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;

import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM by the platform: nonce (12 bytes) + ciphertext + tag (16). In Java because `Cipher.init` has overloads
 * between which pyjnius chooses wrongly. `keep` and `give` use a key that never leaves the phone's Keystore.
 */
public class Vault {
    private static final String STORE = "AndroidKeyStore";
    private static final String ALIAS = "ansim";
    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int PURPOSES = 3; // encrypt and decrypt
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    public static byte[] seal(byte[] key, byte[] data) throws GeneralSecurityException {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        return joined(nonce, cipher.doFinal(data));
    }

    public static byte[] open(byte[] key, byte[] sealed) throws GeneralSecurityException {
        return opened(new SecretKeySpec(key, "AES"), sealed);
    }

    public static byte[] keep(byte[] value) throws GeneralSecurityException, IOException {
        Key key = key();
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(Cipher.ENCRYPT_MODE, key == null ? newKey() : key); // the Keystore chooses the nonce by itself
        return joined(cipher.getIV(), cipher.doFinal(value));
    }

    public static byte[] give(byte[] kept) throws GeneralSecurityException, IOException {
        Key key = key();
        if (key == null) {
            throw new GeneralSecurityException("the key stayed in another phone");
        }
        return opened(key, kept);
    }

    private static byte[] opened(Key key, byte[] sealed) throws GeneralSecurityException {
        if (sealed.length < NONCE_BYTES + TAG_BITS / 8) {
            throw new GeneralSecurityException("too short");
        }
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES));
        return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    }

    private static byte[] joined(byte[] nonce, byte[] rest) {
        byte[] all = new byte[nonce.length + rest.length];
        System.arraycopy(nonce, 0, all, 0, nonce.length);
        System.arraycopy(rest, 0, all, nonce.length, rest.length);
        return all;
    }

    private static Key key() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(STORE);
        store.load(null);
        return store.getKey(ALIAS, null);
    }

    private static Key newKey() throws GeneralSecurityException {
        KeyGenerator generator = KeyGenerator.getInstance("AES", STORE);
        generator.init(new KeyGenParameterSpec.Builder(ALIAS, PURPOSES)
                .setBlockModes("GCM").setEncryptionPaddings("NoPadding").setKeySize(256).build());
        return generator.generateKey();
    }
}
