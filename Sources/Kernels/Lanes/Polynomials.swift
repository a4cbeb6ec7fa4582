// Written by Tests/KernelsTests/LanesReference/coefficients.py, which says how they were derived.

/// For double precision.
enum DoublePolynomial {
  /// (eˣ − 1 − x)/x², |x| ≤ ½ ln 2; error 2^-59.3.
  @inline(__always) static func exp(_ x: Double) -> Double {
    var p: Double = 2.0914882563485069504e-9
    p = mulAdd(p, x, 2.5105490906986695456e-8)
    p = mulAdd(p, x, 2.7557273171941027719e-7)
    p = mulAdd(p, x, 2.7557254740405415099e-6)
    p = mulAdd(p, x, 0.000024801587325920161742)
    p = mulAdd(p, x, 0.00019841269875342142162)
    p = mulAdd(p, x, 0.0013888888888883641505)
    p = mulAdd(p, x, 0.0083333333333259855701)
    p = mulAdd(p, x, 0.041666666666666669835)
    p = mulAdd(p, x, 0.16666666666666671103)
    p = mulAdd(p, x, 0.5)
    return p
  }

  /// (log((1+s)/(1−s)) − 2s)/s³ in z = s², z ≤ 0.0295; error 2^-58.7.
  @inline(__always) static func log(_ x: Double) -> Double {
    var p: Double = 0.13087236196659622326
    p = mulAdd(p, x, 0.13268714792348096667)
    p = mulAdd(p, x, 0.15386241881938595507)
    p = mulAdd(p, x, 0.18181795600060792441)
    p = mulAdd(p, x, 0.22222222392089007936)
    p = mulAdd(p, x, 0.28571428570801956942)
    p = mulAdd(p, x, 0.40000000000000879686)
    p = mulAdd(p, x, 0.66666666666666666464)
    return p
  }

  /// the same without its first term ⅔, over z; error 2^-51.7.
  @inline(__always) static func logTail(_ x: Double) -> Double {
    var p: Double = 0.12914022716948359245
    p = mulAdd(p, x, 0.13285924657242198017)
    p = mulAdd(p, x, 0.15385575782820042479)
    p = mulAdd(p, x, 0.18181808234003144401)
    p = mulAdd(p, x, 0.22222222271185314026)
    p = mulAdd(p, x, 0.2857142857133832288)
    p = mulAdd(p, x, 0.40000000000000027128)
    return p
  }

  /// (sin x − x)/x³ in z = x², |x| ≤ π/4; error 2^-55.4.
  @inline(__always) static func sin(_ x: Double) -> Double {
    var p: Double = 1.5917754033172635622e-10
    p = mulAdd(p, x, -2.5051126629403482233e-8)
    p = mulAdd(p, x, 2.755731607749397484e-6)
    p = mulAdd(p, x, -0.00019841269836710200636)
    p = mulAdd(p, x, 0.0083333333333309164677)
    p = mulAdd(p, x, -0.16666666666666664591)
    return p
  }

  /// (cos x − 1 + x²/2)/x⁴ in z = x², |x| ≤ π/4; error 2^-59.4.
  @inline(__always) static func cos(_ x: Double) -> Double {
    var p: Double = -1.1382397664789307903e-11
    p = mulAdd(p, x, 2.0876143005588130494e-9)
    p = mulAdd(p, x, -2.7557317256053663972e-7)
    p = mulAdd(p, x, 0.000024801587298735426553)
    p = mulAdd(p, x, -0.0013888888888887377207)
    p = mulAdd(p, x, 0.041666666666666665368)
    return p
  }

  /// (asin x − x)/x³ in z = x², |x| ≤ ½; error 2^-55.9.
  @inline(__always) static func asin(_ x: Double) -> Double {
    var p: Double = 0.028757851367421564708
    p = mulAdd(p, x, -0.014851887071247203224)
    p = mulAdd(p, x, 0.017400879442694022443)
    p = mulAdd(p, x, 0.0054575067186403583004)
    p = mulAdd(p, x, 0.010322814350185779287)
    p = mulAdd(p, x, 0.011479177415184905896)
    p = mulAdd(p, x, 0.013971212973552933304)
    p = mulAdd(p, x, 0.017352392720869972942)
    p = mulAdd(p, x, 0.022372172942149887875)
    p = mulAdd(p, x, 0.030381944138531247287)
    p = mulAdd(p, x, 0.044642857146355429783)
    p = mulAdd(p, x, 0.074999999999984329332)
    p = mulAdd(p, x, 0.16666666666666667827)
    return p
  }

  /// (atan x − x)/x³ in z = x², |x| ≤ tan(π/8); error 2^-59.6.
  @inline(__always) static func atan(_ x: Double) -> Double {
    var p: Double = 0.016275521683893418045
    p = mulAdd(p, x, -0.034561322968262307559)
    p = mulAdd(p, x, 0.045512338448295676627)
    p = mulAdd(p, x, -0.052303754575766691623)
    p = mulAdd(p, x, 0.05878918292975727249)
    p = mulAdd(p, x, -0.066664239543734121795)
    p = mulAdd(p, x, 0.076922963231577845479)
    p = mulAdd(p, x, -0.090909087517060757647)
    p = mulAdd(p, x, 0.11111111105119365263)
    p = mulAdd(p, x, -0.14285714285659457296)
    p = mulAdd(p, x, 0.19999999999999803052)
    p = mulAdd(p, x, -0.33333333333333333216)
    return p
  }

  /// (tanh x − x)/x³ in z = x², |x| ≤ 0.55; error 2^-56.8.
  @inline(__always) static func tanh(_ x: Double) -> Double {
    var p: Double = -0.000020598556673275166703
    p = mulAdd(p, x, 0.000085107079273541127234)
    p = mulAdd(p, x, -0.00023463104528300405602)
    p = mulAdd(p, x, 0.00058893480724470277213)
    p = mulAdd(p, x, -0.0014556615775702363613)
    p = mulAdd(p, x, 0.003592110347096176598)
    p = mulAdd(p, x, -0.0088632343954180955945)
    p = mulAdd(p, x, 0.021869488493563038118)
    p = mulAdd(p, x, -0.053968253967431738911)
    p = mulAdd(p, x, 0.13333333333332712905)
    p = mulAdd(p, x, -0.33333333333333332558)
    return p
  }

  /// (sinh x − x)/x³ in z = x², |x| ≤ 1; error 2^-61.3.
  @inline(__always) static func sinh(_ x: Double) -> Double {
    var p: Double = 7.7461785930188274892e-13
    p = mulAdd(p, x, 1.6057679623801637746e-10)
    p = mulAdd(p, x, 2.5052117695907823572e-8)
    p = mulAdd(p, x, 2.7557319191381816996e-6)
    p = mulAdd(p, x, 0.00019841269841324197917)
    p = mulAdd(p, x, 0.0083333333333332993552)
    p = mulAdd(p, x, 0.16666666666666666701)
    return p
  }

  /// erf(x)/x in z = x², |x| ≤ 1; error 2^-62.7.
  @inline(__always) static func erf(_ x: Double) -> Double {
    var p: Double = 5.9571761477489114044e-11
    p = mulAdd(p, x, -1.137284885679167367e-9)
    p = mulAdd(p, x, 1.4659775274047435814e-8)
    p = mulAdd(p, x, -1.6350312701054695011e-7)
    p = mulAdd(p, x, 1.6461000484121368033e-6)
    p = mulAdd(p, x, -0.000014925595266831181565)
    p = mulAdd(p, x, 0.00012055331111642710923)
    p = mulAdd(p, x, -0.00085483269808337899052)
    p = mulAdd(p, x, 0.0052239776248180144673)
    p = mulAdd(p, x, -0.026866170645076793248)
    p = mulAdd(p, x, 0.11283791670954878666)
    p = mulAdd(p, x, -0.37612638903183748056)
    p = mulAdd(p, x, 1.1283791670955125738)
    return p
  }

  /// exp(x²)·erfc(x) in u = 1/(x + 2), 1 ≤ x; error 2^-53.2.
  @inline(__always) static func erfcx(_ x: Double) -> Double {
    var p: Double = -121.64793708231075911
    p = mulAdd(p, x, 184.91324808754241426)
    p = mulAdd(p, x, 154.23391431705923659)
    p = mulAdd(p, x, -614.65932249455801591)
    p = mulAdd(p, x, 664.87986498328448566)
    p = mulAdd(p, x, -366.68474103130807416)
    p = mulAdd(p, x, 115.09256761708371383)
    p = mulAdd(p, x, -30.184569646135774463)
    p = mulAdd(p, x, 7.973617223494450794)
    p = mulAdd(p, x, 2.1412590144345693369)
    p = mulAdd(p, x, 2.0366443941110300008)
    p = mulAdd(p, x, 1.1245614619875924688)
    p = mulAdd(p, x, 0.56433231054121499505)
    p = mulAdd(p, x, -2.4498024517645753578e-6)
    return p
  }
}

/// For single-precision results, evaluated in double.
enum MediumPolynomial {
  /// (eˣ − 1 − x)/x², |x| ≤ ½ ln 2; error 2^-29.4.
  @inline(__always) static func exp(_ x: Double) -> Double {
    var p: Double = 0.00019891247314183294471
    p = mulAdd(p, x, 0.001393388096323652882)
    p = mulAdd(p, x, 0.0083333106938020493576)
    p = mulAdd(p, x, 0.041666462839077047466)
    p = mulAdd(p, x, 0.16666666681855730899)
    p = mulAdd(p, x, 0.50000000136751605778)
    return p
  }

  /// (log((1+s)/(1−s)) − 2s)/s³ in z = s², z ≤ 0.0295; error 2^-29.7.
  @inline(__always) static func log(_ x: Double) -> Double {
    var p: Double = 0.23330964051772040253
    p = mulAdd(p, x, 0.28550802553276710125)
    p = mulAdd(p, x, 0.40000122000816880822)
    p = mulAdd(p, x, 0.66666666554300180159)
    return p
  }

  /// (sin x − x)/x³ in z = x², |x| ≤ π/4; error 2^-35.0.
  @inline(__always) static func sin(_ x: Double) -> Double {
    var p: Double = 2.7249108174769067362e-6
    p = mulAdd(p, x, -0.00019840080421275111765)
    p = mulAdd(p, x, 0.0083333318630065162658)
    p = mulAdd(p, x, -0.16666666663825153393)
    return p
  }

  /// (cos x − 1 + x²/2)/x⁴ in z = x², |x| ≤ π/4; error 2^-38.6.
  @inline(__always) static func cos(_ x: Double) -> Double {
    var p: Double = -2.7300276785269266149e-7
    p = mulAdd(p, x, 0.000024800595107349021972)
    p = mulAdd(p, x, -0.0013888887662249208249)
    p = mulAdd(p, x, 0.041666666664296054328)
    return p
  }

  /// (asin x − x)/x³ in z = x², |x| ≤ ½; error 2^-31.9.
  @inline(__always) static func asin(_ x: Double) -> Double {
    var p: Double = 0.030974540371355073082
    p = mulAdd(p, x, 0.010574415516912908371)
    p = mulAdd(p, x, 0.02361181700889175101)
    p = mulAdd(p, x, 0.030269138728589183899)
    p = mulAdd(p, x, 0.044647663888134845398)
    p = mulAdd(p, x, 0.074999924044018382173)
    p = mulAdd(p, x, 0.16666666686085643949)
    return p
  }

  /// (atan x − x)/x³ in z = x², |x| ≤ tan(π/8); error 2^-30.8.
  @inline(__always) static func atan(_ x: Double) -> Double {
    var p: Double = 0.050466488756089235456
    p = mulAdd(p, x, -0.0862409863998891901)
    p = mulAdd(p, x, 0.11071287551546858963)
    p = mulAdd(p, x, -0.14284147012133833325)
    p = mulAdd(p, x, 0.19999977181137084787)
    p = mulAdd(p, x, -0.33333333279030262175)
    return p
  }

  /// erf(x)/x in z = x², |x| ≤ 1; error 2^-34.8.
  @inline(__always) static func erf(_ x: Double) -> Double {
    var p: Double = -9.6670445714869964152e-6
    p = mulAdd(p, x, 0.00011265959025606608973)
    p = mulAdd(p, x, -0.00084840804055351062944)
    p = mulAdd(p, x, 0.0052210318078580227973)
    p = mulAdd(p, x, -0.026865430727670242894)
    p = mulAdd(p, x, 0.1128378249523684454)
    p = mulAdd(p, x, -0.37612638468028710398)
    p = mulAdd(p, x, 1.1283791670615434152)
    return p
  }

  /// exp(x²)·erfc(x) in u = 1/(x + 2), 1 ≤ x; error 2^-27.1.
  @inline(__always) static func erfcx(_ x: Double) -> Double {
    var p: Double = -3.432347396924675917
    p = mulAdd(p, x, -1.8260863988446759175)
    p = mulAdd(p, x, 6.4559208534612519459)
    p = mulAdd(p, x, 0.81196329954345434549)
    p = mulAdd(p, x, 1.3230285348114387314)
    p = mulAdd(p, x, 0.54726868016879208307)
    p = mulAdd(p, x, 0.0006051183909673801049)
    return p
  }
}

/// For single precision, evaluated in single.
enum SinglePolynomial {
  /// (eˣ − 1 − x)/x², |x| ≤ ½ ln 2; error 2^-23.9.
  @inline(__always) static func exp(_ x: Float) -> Float {
    var p: Float = 0.00139263759958
    p = mulAdd(p, x, 0.00836333308218)
    p = mulAdd(p, x, 0.0416665534587)
    p = mulAdd(p, x, 0.166665760623)
    p = mulAdd(p, x, 0.5)
    return p
  }

  /// (log((1+s)/(1−s)) − 2s)/s³ in z = s², z ≤ 0.0295; error 2^-22.3.
  @inline(__always) static func log(_ x: Float) -> Float {
    var p: Float = 0.295803982815
    p = mulAdd(p, x, 0.399887706735)
    p = mulAdd(p, x, 0.666666850638)
    return p
  }
}
