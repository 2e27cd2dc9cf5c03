using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Certificates;

/// <summary>Signature algorithms that vendors' certificates and revocation lists use, and no other.</summary>
internal enum SignatureScheme
{
    /// <summary>AMD: RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt 48 (RFC 4055 §3.1).</summary>
    RsaPssSha384 = 1,

    /// <summary>Intel: ECDSA with SHA-256 (RFC 5758 §3.2).</summary>
    EcdsaSha256 = 2,

    /// <summary>Microsoft's virtual TPMs: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).</summary>
    RsaPkcs1Sha256 = 3,
}

/// <summary>Reads an AlgorithmIdentifier and verifies with it. Parameters other than the one accepted set are not understood.</summary>
internal static class SignatureSchemes
{
    private const string RsaPss = "1.2.840.113549.1.1.10";
    private const string Mgf1 = "1.2.840.113549.1.1.8";
    private const string Sha256WithRsa = "1.2.840.113549.1.1.11";
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    private const string Sha384 = "2.16.840.1.101.3.4.2.2";
    private const int PssSaltLength = 48;

    /// <summary>Reads one AlgorithmIdentifier.</summary>
    /// <returns>The scheme, or null if it is none of ours.</returns>
    /// <exception cref="AsnContentException">Not DER.</exception>
    public static SignatureScheme? Read(ReadOnlyMemory<byte> algorithm)
    {
        var reader = new AsnReader(algorithm, AsnEncodingRules.DER);
        var sequence = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        switch (sequence.ReadObjectIdentifier())
        {
            case EcdsaWithSha256:
                // RFC 5758: parameters are absent.
                sequence.ThrowIfNotEmpty();
                return SignatureScheme.EcdsaSha256;
            case Sha256WithRsa:
                sequence.ReadNull();
                sequence.ThrowIfNotEmpty();
                return SignatureScheme.RsaPkcs1Sha256;
            case RsaPss:
                return ReadPss(sequence);
            default:
                return null;
        }
    }

    /// <summary>Verifies with a SubjectPublicKeyInfo. A key of another type is a false, not an exception.</summary>
    public static bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> spki, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            if (scheme == SignatureScheme.EcdsaSha256)
            {
                using var key = ECDsa.Create();
                key.ImportSubjectPublicKeyInfo(spki, out var read);
                return read == spki.Length && key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            }

            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(spki, out var used);
            return used == spki.Length && scheme switch
            {
                SignatureScheme.RsaPssSha384 => rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
                SignatureScheme.RsaPkcs1Sha256 => rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                _ => false,
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static SignatureScheme? ReadPss(AsnReader algorithm)
    {
        var parameters = algorithm.ReadSequence();
        algorithm.ThrowIfNotEmpty();
        var hash = parameters.ReadSequence(Context(0));
        var isSha384 = IsHash(hash);
        hash.ThrowIfNotEmpty();
        var outer = parameters.ReadSequence(Context(1));
        var mask = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        isSha384 &= mask.ReadObjectIdentifier() == Mgf1;
        isSha384 &= IsHash(mask);
        mask.ThrowIfNotEmpty();
        var salt = parameters.ReadSequence(Context(2));
        isSha384 &= salt.TryReadInt32(out var length) && length == PssSaltLength;
        salt.ThrowIfNotEmpty();

        // DER leaves a default out; AMD's authorities write trailerField = 1 all the same.
        if (parameters.HasData)
        {
            var trailer = parameters.ReadSequence(Context(3));
            isSha384 &= trailer.TryReadInt32(out var field) && field == 1;
            trailer.ThrowIfNotEmpty();
        }

        parameters.ThrowIfNotEmpty();
        return isSha384 ? SignatureScheme.RsaPssSha384 : null;
    }

    private static bool IsHash(AsnReader owner)
    {
        var algorithm = owner.ReadSequence();
        var sha384 = algorithm.ReadObjectIdentifier() == Sha384;
        if (algorithm.HasData)
        {
            algorithm.ReadNull();
        }

        algorithm.ThrowIfNotEmpty();
        return sha384;
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);
}
