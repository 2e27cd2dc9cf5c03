using System.Security.Cryptography;
using System.Text;

namespace CleanRoom.Cryptography.Tests;

public sealed class HpkeTests
{
    [Fact]
    public void Context_PublishedVectors_SealOpenAndExportAsTheRfcSays()
    {
        var cases = Published.Json("hpke/test-vectors-p256.json").EnumerateArray()
            .Where(v => v.GetProperty("mode").GetInt32() == 0 && v.GetProperty("aead_id").GetInt32() == 2).ToList();
        Assert.NotEmpty(cases);
        var encryptions = 0;
        foreach (var vector in cases)
        {
            using var key = HpkePrivateKey.Derive(vector.Hex("ikmR"));
            var scalar = new byte[32];
            key.Export(scalar);
            Assert.Equal(vector.Hex("skRm"), scalar);
            Assert.Equal(vector.Hex("pkRm"), key.PublicKey.Span.ToArray());
            using var ephemeral = HpkePrivateKey.Derive(vector.Hex("ikmE"));
            Assert.Equal(vector.Hex("pkEm"), ephemeral.PublicKey.Span.ToArray());

            using var sender = Hpke.SetupSenderDeterministic(key.PublicKey, vector.Hex("info"), vector.Hex("ikmE"));
            using var imported = HpkePrivateKey.Import(vector.Hex("skRm"));
            using var recipient = Hpke.SetupRecipient(imported, vector.Hex("enc"), vector.Hex("info"));
            Assert.NotNull(recipient);
            Assert.Equal(vector.Hex("enc"), sender.Enc.ToArray());
            foreach (var message in vector.GetProperty("encryptions").EnumerateArray())
            {
                Assert.Equal(vector.Hex("enc").Length, sender.Enc.Length);
                Assert.Equal(message.Hex("ct"), sender.Seal(message.Hex("aad"), message.Hex("pt")));
                Assert.True(recipient.TryOpen(message.Hex("aad"), message.Hex("ct"), out var plaintext));
                Assert.Equal(message.Hex("pt"), plaintext);
                encryptions++;
            }

            foreach (var export in vector.GetProperty("exports").EnumerateArray())
            {
                using var ours = sender.Export(export.Hex("exporter_context"), export.GetProperty("L").GetInt32());
                using var theirs = recipient.Export(export.Hex("exporter_context"), export.GetProperty("L").GetInt32());
                Assert.True(ours.FixedTimeEquals(export.Hex("exported_value")));
                Assert.True(theirs.FixedTimeEquals(export.Hex("exported_value")));
            }
        }

        Assert.True(encryptions >= 257);
    }

    [Fact]
    public void DeriveKeyPair_PublishedVectorsOfAllModesAndAeads_GivesTheirKeys()
    {
        foreach (var vector in Published.Json("hpke/test-vectors-p256.json").EnumerateArray())
        {
            foreach (var (input, secret, point) in new[] { ("ikmR", "skRm", "pkRm"), ("ikmE", "skEm", "pkEm") })
            {
                using var key = HpkePrivateKey.Derive(vector.Hex(input));
                var scalar = new byte[32];
                key.Export(scalar);
                Assert.Equal(vector.Hex(secret), scalar);
                Assert.Equal(vector.Hex(point), key.PublicKey.Span.ToArray());
            }
        }
    }

    [Fact]
    public void Agree_WycheproofPoints_AgreesOrRefusesThePoint()
    {
        var run = 0;
        foreach (var test in Published.Json("wycheproof/ecdh_secp256r1_ecpoint_test.json").GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray()))
        {
            var name = $"tcId {test.GetProperty("tcId").GetInt32()}: {test.GetProperty("comment").GetString()}";
            var accepted = HpkePublicKey.TryFromBytes(test.Hex("public"), out var peer);
            // HPKE takes uncompressed points only, so "acceptable" (compressed) is refused too.
            Assert.True(accepted == (test.GetProperty("result").GetString() == "valid"), name);
            if (peer is not null)
            {
                var scalar = test.Hex("private").AsSpan().TrimStart((byte)0);
                var padded = new byte[32];
                scalar.CopyTo(padded.AsSpan(32 - scalar.Length));
                using var key = HpkePrivateKey.Import(padded);
                Assert.True(test.Hex("shared").AsSpan().SequenceEqual(key.Agree(peer)), name);
            }

            run++;
        }

        Assert.Equal(355, run);
    }

    [Fact]
    public void TryOpenAt_AnyOrder_OpensEachPart()
    {
        using var key = HpkePrivateKey.Generate();
        using var sender = Hpke.SetupSender(key.PublicKey, "info"u8);
        var parts = Enumerable.Range(0, 130).Select(i => sender.Seal("aad"u8, Encoding.UTF8.GetBytes($"part {i}"))).ToArray();
        using var recipient = Hpke.SetupRecipient(key, sender.Enc.Span, "info"u8);
        Assert.NotNull(recipient);
        foreach (var i in Enumerable.Range(0, parts.Length).Reverse())
        {
            Assert.True(recipient.TryOpenAt((ulong)i, "aad"u8, parts[i], out var part));
            Assert.Equal($"part {i}", Encoding.UTF8.GetString(part));
            Assert.False(recipient.TryOpenAt((ulong)i + 1, "aad"u8, parts[i], out _));
        }
    }

    [Fact]
    public void SealAt_AnyOrder_GivesTheBytesOfSealInSequence()
    {
        using var key = HpkePrivateKey.Generate();
        var ikm = RandomNumberGenerator.GetBytes(32);
        using var inSequence = Hpke.SetupSenderDeterministic(key.PublicKey, "i"u8, ikm);
        using var random = Hpke.SetupSenderDeterministic(key.PublicKey, "i"u8, ikm);
        var expected = Enumerable.Range(0, 100).Select(i => inSequence.Seal("a"u8, [(byte)i])).ToArray();
        foreach (var i in Enumerable.Range(0, 100).Reverse())
        {
            Assert.Equal(expected[i], random.SealAt((ulong)i, "a"u8, [(byte)i]));
        }
    }

    [Fact]
    public void SealAt_NumberUsedBefore_Throws()
    {
        using var key = HpkePrivateKey.Generate();
        using var sender = Hpke.SetupSender(key.PublicKey, []);
        sender.SealAt(5, [], [1]);
        Assert.Throws<InvalidOperationException>(() => sender.SealAt(5, [], [2]));
        for (var i = 0; i < 5; i++)
        {
            sender.Seal([], [3]);
        }

        Assert.Throws<InvalidOperationException>(() => sender.Seal([], [4]));
        Assert.Throws<InvalidOperationException>(() => sender.SealAt(2, [], [5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sender.SealAt(HpkeSender.MaxRandomAccessNumber + 1, [], [6]));
        sender.SealAt(HpkeSender.MaxRandomAccessNumber, [], [7]);
    }

    [Fact]
    public void Seal_NumbersUsedUp_Throws()
    {
        using var key = HpkePrivateKey.Generate();
        using var sender = Hpke.SetupSender(key.PublicKey, []);
        using var recipient = Hpke.SetupRecipient(key, sender.Enc.Span, [])!;
        sender.SkipTo(ulong.MaxValue - 1);
        recipient.SkipTo(ulong.MaxValue - 1);
        var last = sender.Seal([], [1]);
        Assert.True(recipient.TryOpen([], last, out _));
        Assert.Throws<InvalidOperationException>(() => sender.Seal([], [2]));
        Assert.Throws<InvalidOperationException>(() => recipient.TryOpen([], last, out _));
        Assert.Throws<InvalidOperationException>(() => recipient.TryOpenAt(ulong.MaxValue, [], last, out _));
    }

    [Fact]
    public void TryOpen_AnyBitFlipped_IsRefused()
    {
        using var key = HpkePrivateKey.Generate();
        var message = Hpke.Seal(key.PublicKey, "info"u8, "aad"u8, "a case record"u8);
        Assert.True(Hpke.TryOpen(key, "info"u8, "aad"u8, message, out var plaintext));
        Assert.Equal("a case record"u8.ToArray(), plaintext);
        foreach (var changed in Changed.Bits(message))
        {
            Assert.False(Hpke.TryOpen(key, "info"u8, "aad"u8, changed, out _));
        }

        Assert.False(Hpke.TryOpen(key, "other"u8, "aad"u8, message, out _));
        Assert.False(Hpke.TryOpen(key, "info"u8, "other"u8, message, out _));
        for (var length = 0; length < message.Length; length++)
        {
            Assert.False(Hpke.TryOpen(key, "info"u8, "aad"u8, message.AsSpan(0, length), out _));
        }

        using var other = HpkePrivateKey.Generate();
        Assert.False(Hpke.TryOpen(other, "info"u8, "aad"u8, message, out _));
    }

    [Fact]
    public void TryOpen_WrongMessage_DoesNotAdvanceAndLeavesNoPlaintext()
    {
        using var key = HpkePrivateKey.Generate();
        using var sender = Hpke.SetupSender(key.PublicKey, []);
        using var recipient = Hpke.SetupRecipient(key, sender.Enc.Span, [])!;
        var message = sender.Seal([], "secret"u8);
        var destination = new byte[6];
        destination.AsSpan().Fill(0xaa);
        Assert.False(recipient.TryOpen("x"u8, message, destination, out var written));
        Assert.Equal(0, written);
        Assert.Equal(new byte[6], destination);
        Assert.Equal(0UL, recipient.NextNumber);
        Assert.True(recipient.TryOpen([], message, destination, out written));
        Assert.Equal("secret"u8.ToArray(), destination[..written]);
    }

    [Fact]
    public void SetupRecipient_EncThatIsNoPoint_GivesNull()
    {
        using var key = HpkePrivateKey.Generate();
        var enc = HpkePrivateKey.Generate().PublicKey.Span.ToArray();
        Assert.NotNull(Hpke.SetupRecipient(key, enc, []));
        Assert.Null(Hpke.SetupRecipient(key, [], []));
        Assert.Null(Hpke.SetupRecipient(key, new byte[65], []));
        Assert.Null(Hpke.SetupRecipient(key, enc.AsSpan(0, 64), []));
        Assert.Null(Hpke.SetupRecipient(key, [.. enc, 0], []));
        Assert.Null(Hpke.SetupRecipient(key, [0x02, .. enc.AsSpan(1, 32)], []));
        foreach (var changed in Changed.Bits(enc))
        {
            Assert.Null(Hpke.SetupRecipient(key, changed, []));
        }
    }

    [Fact]
    public void SealDeterministic_SameInputs_SameBytes_AnyOtherInput_OtherKey()
    {
        using var key = HpkePrivateKey.Generate();
        using var other = HpkePrivateKey.Generate();
        var secret = RandomNumberGenerator.GetBytes(32);
        var first = Hpke.SealDeterministic(key.PublicKey, "i"u8, "a"u8, "p"u8, secret);
        Assert.Equal(first, Hpke.SealDeterministic(key.PublicKey, "i"u8, "a"u8, "p"u8, secret));
        Assert.True(Hpke.TryOpen(key, "i"u8, "a"u8, first, out var plaintext));
        Assert.Equal("p"u8.ToArray(), plaintext);
        byte[][] others =
        [
            Hpke.SealDeterministic(other.PublicKey, "i"u8, "a"u8, "p"u8, secret),
            Hpke.SealDeterministic(key.PublicKey, "j"u8, "a"u8, "p"u8, secret),
            Hpke.SealDeterministic(key.PublicKey, "i"u8, "b"u8, "p"u8, secret),
            Hpke.SealDeterministic(key.PublicKey, "i"u8, "a"u8, "q"u8, secret),
            Hpke.SealDeterministic(key.PublicKey, "ia"u8, [], "p"u8, secret),
            Hpke.SealDeterministic(key.PublicKey, "i"u8, "a"u8, "p"u8, RandomNumberGenerator.GetBytes(32)),
            first,
        ];
        Assert.Equal(others.Length, others.Select(o => Convert.ToHexString(o.AsSpan(0, 65))).Distinct().Count());
        Assert.Throws<ArgumentException>(() => Hpke.SealDeterministic(key.PublicKey, [], [], [], new byte[31]));
    }

    [Fact]
    public void Import_ScalarOutOfRange_Throws()
    {
        var order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        Assert.Throws<CryptographicException>(() => HpkePrivateKey.Import(new byte[32]));
        Assert.Throws<CryptographicException>(() => HpkePrivateKey.Import(order));
        Assert.Throws<CryptographicException>(() => HpkePrivateKey.Import(new byte[31]));
        Assert.Throws<CryptographicException>(() => HpkePrivateKey.Import(Convert.FromHexString(new string('f', 64))));
        order[31]--;
        using var largest = HpkePrivateKey.Import(order);
        Assert.Throws<ArgumentException>(() => HpkePrivateKey.Derive(new byte[31]));
    }

    [Fact]
    public void Dispose_ThenUse_Throws()
    {
        var key = HpkePrivateKey.Generate();
        var sender = Hpke.SetupSender(key.PublicKey, []);
        var enc = sender.Enc.ToArray();
        key.Dispose();
        sender.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Hpke.SetupRecipient(key, enc, []));
        Assert.Throws<ObjectDisposedException>(() => key.Export(new byte[32]));
        Assert.Throws<ObjectDisposedException>(() => sender.Seal([], [1]));
        Assert.Throws<ObjectDisposedException>(() => sender.Export([], 32));
    }

    [Fact]
    public void SetupRecipient_ManyThreads_AllOpen()
    {
        using var key = HpkePrivateKey.Generate();
        var messages = Enumerable.Range(0, 64).Select(i => Hpke.Seal(key.PublicKey, [], [], [(byte)i])).ToArray();
        Parallel.For(0, 256, i =>
        {
            Assert.True(Hpke.TryOpen(key, [], [], messages[i % 64], out var plaintext));
            Assert.Equal(i % 64, plaintext[0]);
        });
    }
}
