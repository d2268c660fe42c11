package org.ansim.phone;

import android.content.Context;
import android.graphics.ImageFormat;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureRequest;
import android.hardware.camera2.params.StreamConfigurationMap;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.os.HandlerThread;
import android.util.Size;
import android.view.Surface;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One still without a preview on the screen. Frames of the preview kind are taken until the exposure has settled, and
 * the last one is kept: no shutter sound is asked for (some phones sold in Korea sound it by themselves).
 */
public class StillCamera {
    private static final int SETTLING_FRAMES = 8;
    private static final int LONGEST_SIDE = 1920;

    private final HandlerThread thread = new HandlerThread("still");
    private final CountDownLatch done = new CountDownLatch(1);
    private Handler handler = null;
    private CameraDevice device = null;
    private byte[] picture = null;
    private int frames = 0;
    private boolean isOver = false;

    /** Blocks; false when there is no such camera, no permission, or another app has it. */
    public static boolean take(Context context, String path, boolean front, long timeoutMillis) {
        StillCamera camera = new StillCamera();
        try {
            byte[] jpeg = camera.picture(context.getSystemService(CameraManager.class), front, timeoutMillis);
            return jpeg != null && keep(jpeg, path);
        } catch (CameraAccessException | RuntimeException refused) {
            return false;
        } finally {
            camera.thread.quitSafely();
        }
    }

    private byte[] picture(CameraManager manager, boolean front, long timeoutMillis) throws CameraAccessException {
        int wanted = front ? CameraCharacteristics.LENS_FACING_FRONT : CameraCharacteristics.LENS_FACING_BACK;
        for (String id : manager.getCameraIdList()) {
            CameraCharacteristics facts = manager.getCameraCharacteristics(id);
            Integer facing = facts.get(CameraCharacteristics.LENS_FACING);
            if (facing == null || facing != wanted) {
                continue;
            }
            Size size = size(facts.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP));
            if (size == null) {
                return null;
            }
            thread.start();
            handler = new Handler(thread.getLooper());
            return picture(manager, id, size, timeoutMillis);
        }
        return null;
    }

    private byte[] picture(CameraManager manager, String id, Size size, long timeoutMillis)
            throws CameraAccessException {
        ImageReader reader = ImageReader.newInstance(size.getWidth(), size.getHeight(), ImageFormat.JPEG, 2);
        reader.setOnImageAvailableListener(this::frame, handler);
        try {
            manager.openCamera(id, new Opened(reader.getSurface()), handler);
            done.await(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                isOver = true;
                if (device != null) {
                    device.close();
                }
            }
            reader.close();
        }
        synchronized (this) {
            return picture;
        }
    }

    /** The largest that is no longer than a screen needs: evidence must travel over a weak line. */
    private static Size size(StreamConfigurationMap map) {
        Size best = null;
        for (Size each : map == null ? new Size[0] : map.getOutputSizes(ImageFormat.JPEG)) {
            boolean fits = Math.max(each.getWidth(), each.getHeight()) <= LONGEST_SIDE;
            if (fits && (best == null || each.getWidth() * each.getHeight() > best.getWidth() * best.getHeight())) {
                best = each;
            }
        }
        return best;
    }

    private void frame(ImageReader reader) {
        try (Image image = reader.acquireLatestImage()) {
            if (image == null) {
                return;
            }
            ByteBuffer bytes = image.getPlanes()[0].getBuffer();
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            synchronized (this) {
                picture = copy;
            }
            if (++frames >= SETTLING_FRAMES) {
                done.countDown();
            }
        }
    }

    private static boolean keep(byte[] jpeg, String path) {
        File part = new File(path + ".part");
        try (FileOutputStream file = new FileOutputStream(part)) {
            file.write(jpeg);
            file.getFD().sync();
        } catch (IOException full) {
            part.delete();
            return false;
        }
        return part.renameTo(new File(path));
    }

    private class Opened extends CameraDevice.StateCallback {
        private final Surface surface;

        Opened(Surface surface) {
            this.surface = surface;
        }

        @Override
        public void onOpened(CameraDevice opened) {
            synchronized (StillCamera.this) {
                if (isOver) { // opened after the patience was over
                    opened.close();
                    return;
                }
                device = opened;
            }
            try {
                opened.createCaptureSession(Collections.singletonList(surface), new Ready(surface), handler);
            } catch (CameraAccessException | RuntimeException refused) {
                done.countDown();
            }
        }

        @Override
        public void onDisconnected(CameraDevice gone) {
            done.countDown();
        }

        @Override
        public void onError(CameraDevice broken, int error) {
            done.countDown();
        }
    }

    private class Ready extends CameraCaptureSession.StateCallback {
        private final Surface surface;

        Ready(Surface surface) {
            this.surface = surface;
        }

        @Override
        public void onConfigured(CameraCaptureSession session) {
            try {
                CaptureRequest.Builder request = session.getDevice().createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
                request.addTarget(surface);
                session.setRepeatingRequest(request.build(), null, handler);
            } catch (CameraAccessException | RuntimeException refused) {
                done.countDown();
            }
        }

        @Override
        public void onConfigureFailed(CameraCaptureSession session) {
            done.countDown();
        }
    }
}
