using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace CleanRoom.Client.Keys.Tokens;

/// <summary>A P-256 key in a PKCS#11 token (v2.40): the private half never leaves it. What it signs is verified before anybody sees it.</summary>
internal sealed class TokenSigningKey : ISigningKey
{
    /// <summary>Named curve secp256r1 (RFC 5480 §2.1.1.1) in DER, as CKA_EC_PARAMS has it.</summary>
    private static readonly byte[] P256Name = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    private static readonly byte[] PointHeader = [0x04, 0x41];

    private readonly Lock _gate = new();
    private readonly TokenUri _uri;
    private readonly ISession _session;
    private readonly IObjectHandle _key;
    private readonly SecretBytes? _pinForEach;

    private TokenSigningKey(TokenUri uri, ISession session, IObjectHandle key, VerifyingKey publicKey, SecretBytes? pinForEach) =>
        (_uri, _session, _key, PublicKey, _pinForEach) = (uri, session, key, publicKey, pinForEach);

    /// <inheritdoc/>
    public VerifyingKey PublicKey { get; }

    /// <summary>Logs in, finds the one key and reads its public half. Nothing is tried twice: tokens count wrong PINs.</summary>
    /// <param name="uri">Where it is.</param>
    /// <param name="ask">Asks for the PIN of a token by its name if no file holds it; null or empty: nobody gave one.</param>
    public static TokenSigningKey Open(TokenUri uri, Func<string, string?>? ask)
    {
        var slot = FindToken(uri);
        ISession session;
        try
        {
            session = slot.OpenSession(SessionType.ReadOnly);
        }
        catch (Pkcs11Exception exception)
        {
            throw Failed(uri, exception);
        }

        SecretBytes? pin = null;
        try
        {
            pin = LogIn(uri, slot, session, ask);
            var (key, each) = FindKey(uri, session);
            var found = new TokenSigningKey(uri, session, key, ReadPublicKey(uri, session, key), each ? pin : null);
            pin = each ? null : pin;
            return found;
        }
        catch (Pkcs11Exception exception)
        {
            session.Dispose();
            throw Failed(uri, exception);
        }
        catch
        {
            session.Dispose();
            throw;
        }
        finally
        {
            pin?.Dispose();
        }
    }

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var digest = SHA256.HashData(data);
        byte[] signature;
        try
        {
            using var mechanism = _session.Factories.MechanismFactory.Create(CKM.CKM_ECDSA);
            lock (_gate)
            {
                signature = _pinForEach is null ? _session.Sign(mechanism, _key, digest) : SignWithPin(mechanism, digest);
            }
        }
        catch (Pkcs11Exception exception)
        {
            throw Failed(_uri, exception);
        }

        // r and s of full length each is what PKCS#11 §2.3.1 says; whatever else a token does, nobody gets to see it.
        return PublicKey.Verify(data, signature)
            ? signature
            : throw new ClientException(ClientProblem.VerificationFailed, $"The token {_uri.TokenName} gave a signature that its own public key does not verify: do not use this token, and ask who runs it.");
    }

    /// <summary>Closes the session; the last one of a token logs out.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _session.Dispose();
            _pinForEach?.Dispose();
        }
    }

    private byte[] SignWithPin(IMechanism mechanism, byte[] digest)
    {
        using var pin = _pinForEach!.Borrow();
        var bytes = pin.Span.ToArray();
        try
        {
            return _session.Sign(mechanism, _key, bytes, digest);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static ISlot FindToken(TokenUri uri)
    {
        List<ISlot> found;
        try
        {
            found = [.. TokenModules.Load(uri.ModulePath).GetSlotList(SlotsType.WithTokenPresent).Where(slot => slot.GetTokenInfo() is var token
                && token.TokenFlags.TokenInitialized && (uri.Token is null || token.Label == uri.Token) && (uri.Serial is null || token.SerialNumber == uri.Serial))];
        }
        catch (Pkcs11Exception exception)
        {
            throw Failed(uri, exception);
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw new ClientException(ClientProblem.Unavailable, $"The module {uri.ModulePath} has no token {uri.TokenName}: plug it in, or check the label and the serial number."),
            _ => throw new ClientException(ClientProblem.Usage, $"The module {uri.ModulePath} has {found.Count} tokens {uri.TokenName}: add serial= to the key's address."),
        };
    }

    /// <returns>The PIN, for keys that want it for each signature; null if the token wants none.</returns>
    private static SecretBytes? LogIn(TokenUri uri, ISlot slot, ISession session, Func<string, string?>? ask)
    {
        var flags = slot.GetTokenInfo().TokenFlags;
        if (!flags.LoginRequired)
        {
            return null;
        }

        if (TokenPin.Refusal(uri, flags.UserPinInitialized, flags.UserPinLocked, flags.UserPinFinalTry) is { } refusal)
        {
            throw refusal;
        }

        var pin = TokenPin.Read(uri, ask);
        try
        {
            try
            {
                session.Login(CKU.CKU_USER, pin);
            }
            catch (Pkcs11Exception exception) when (exception.RV is CKR.CKR_USER_ALREADY_LOGGED_IN)
            {
                // By another session of this process, for another key of this token.
            }
            catch (Pkcs11Exception exception)
            {
                var now = slot.GetTokenInfo().TokenFlags;
                throw TokenPin.Problem(uri, exception.RV, now.UserPinCountLow, now.UserPinFinalTry, now.UserPinLocked) ?? Failed(uri, exception);
            }

            return new SecretBytes(pin);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pin);
        }
    }

    private static (IObjectHandle Key, bool PinForEach) FindKey(TokenUri uri, ISession session)
    {
        var found = Find(session, CKO.CKO_PRIVATE_KEY, uri.Label, uri.Id.ToArray());
        if (found.Count != 1)
        {
            throw found.Count == 0
                ? new ClientException(ClientProblem.Configuration, $"The token {uri.TokenName} has no such private key: check object= and id= in the key's address.")
                : new ClientException(ClientProblem.Usage, $"The token {uri.TokenName} has {found.Count} such private keys: name one of them by id=.");
        }

        var values = session.GetAttributeValue(found[0], [CKA.CKA_KEY_TYPE, CKA.CKA_SIGN, CKA.CKA_ALWAYS_AUTHENTICATE]);
        if (values[0].GetValueAsUlong() != (ulong)CKK.CKK_EC)
        {
            throw new ClientException(ClientProblem.Configuration, $"The key in the token {uri.TokenName} is no EC key: make one on the curve P-256.");
        }

        return values[1].GetValueAsBool()
            ? (found[0], !values[2].CannotBeRead && values[2].GetValueAsBool())
            : throw new ClientException(ClientProblem.Configuration, $"The key in the token {uri.TokenName} may not sign: make one that may (CKA_SIGN).");
    }

    private static VerifyingKey ReadPublicKey(TokenUri uri, ISession session, IObjectHandle key)
    {
        var own = session.GetAttributeValue(key, [CKA.CKA_ID, CKA.CKA_LABEL, CKA.CKA_EC_PARAMS]);
        RequireP256(uri, own[2]);
        var id = own[0].CannotBeRead ? [] : own[0].GetValueAsByteArray() ?? [];
        var found = Find(session, CKO.CKO_PUBLIC_KEY, id.Length > 0 ? null : own[1].GetValueAsString(), id);
        if (found.Count != 1)
        {
            throw new ClientException(
                ClientProblem.Configuration, $"The token {uri.TokenName} has {found.Count} public keys to this private key, and must have one with the same id: write it there with the vendor's tool.");
        }

        var values = session.GetAttributeValue(found[0], [CKA.CKA_EC_PARAMS, CKA.CKA_EC_POINT]);
        RequireP256(uri, values[0]);

        // In an OCTET STRING, as PKCS#11 v2.40 §2.3.3 says; some tokens leave that out.
        ReadOnlySpan<byte> point = values[1].GetValueAsByteArray();
        point = point.StartsWith(PointHeader) && point.Length == PointHeader.Length + PointHeader[1] ? point[PointHeader.Length..] : point;
        return VerifyingKey.TryFromPoint(point, out var publicKey)
            ? publicKey
            : throw new ClientException(ClientProblem.BadData, $"The public key in the token {uri.TokenName} is no point on the curve P-256: ask who made it.");
    }

    private static void RequireP256(TokenUri uri, IObjectAttribute parameters)
    {
        if (!parameters.CannotBeRead && !parameters.GetValueAsByteArray().AsSpan().SequenceEqual(P256Name))
        {
            throw new ClientException(ClientProblem.Configuration, $"The key in the token {uri.TokenName} is on another curve: make one on P-256 (secp256r1, prime256v1).");
        }
    }

    private static List<IObjectHandle> Find(ISession session, CKO kind, string? label, byte[] id)
    {
        var factory = session.Factories.ObjectAttributeFactory;
        List<IObjectAttribute> wanted = [factory.Create(CKA.CKA_CLASS, kind)];
        try
        {
            if (label is not null)
            {
                wanted.Add(factory.Create(CKA.CKA_LABEL, Encoding.UTF8.GetBytes(label)));
            }

            if (id.Length > 0)
            {
                wanted.Add(factory.Create(CKA.CKA_ID, id));
            }

            return session.FindAllObjects(wanted);
        }
        finally
        {
            wanted.ForEach(attribute => attribute.Dispose());
        }
    }

    /// <summary>What nobody here can mend; the code is PKCS#11's own name.</summary>
    private static ClientException Failed(TokenUri uri, Pkcs11Exception exception) =>
        new(ClientProblem.Unavailable, $"The token {uri.TokenName} did not do it ({exception.RV}): check that it is plugged in and that its service runs.", exception);
}
